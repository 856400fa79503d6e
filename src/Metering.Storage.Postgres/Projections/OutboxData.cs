using System.Buffers;
using System.Text;
using System.Text.Json;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Journal;

namespace Metering.Storage.Postgres.Projections;

/// <summary>What an invoice's row says of it.</summary>
internal readonly record struct InvoiceFacts(string ProjectId, string LegalNumber, string Currency, Amount Total);

/// <summary>
/// What outbox rows say, as JSON; the members are a contract with receivers, told in <c>Metering.Delivery/Webhooks/README.md</c>.
/// Quantities and money are exact numbers, credits texts, as the API has them.
/// </summary>
internal sealed class OutboxData
{
    private readonly ArrayBufferWriter<byte> buffer = new(1024);
    private readonly Utf8JsonWriter json;

    public OutboxData() => json = new Utf8JsonWriter(buffer, EventData.Options);

    public string Alert(GroupReader reader)
    {
        Begin();
        json.WriteString("project_id", reader.ProjectId);
        json.WriteString("metric_type", reader.Meter);
        json.WriteString("period", reader.PeriodKind.ToString().ToLowerInvariant());
        json.WriteString("period_start", reader.Period.Start.ToString());
        json.WriteNumber("threshold", reader.Threshold);
        json.WriteString("severity", AlertText.Severity(reader.Threshold));
        Number("current_usage", reader.Used);
        Number("limit", reader.Max);
        json.WriteNumber("percentage", AlertText.Percentage(reader.Used, reader.Max));
        json.WriteString("message", AlertText.Message(reader.Meter, reader.Used, reader.Max));
        return End();
    }

    public string Invoice(Invoice invoice)
    {
        Begin();
        json.WriteString("invoice_id", invoice.Id.Value);
        json.WriteString("project_id", invoice.Project.Value);
        json.WriteString("invoice_number", invoice.Number.ToString());
        json.WriteString("legal_number", invoice.LegalNumber?.ToString());
        json.WriteString("billing_period", invoice.PeriodLabel);
        json.WriteString("period_start", invoice.Period.Start.ToString());
        json.WriteString("period_end", invoice.Period.End.ToString());
        json.WriteString("currency", invoice.Currency.Code);
        Number("subtotal", invoice.Subtotal);
        Number("tax", invoice.Tax);
        Number("total", invoice.Total);
        json.WriteString("issued_at", invoice.IssuedAt?.ToString());
        json.WriteString("due_date", invoice.DueAt.ToString());
        return End();
    }

    public string Paid(string invoice, InvoiceFacts facts, Instant at)
    {
        Begin();
        json.WriteString("invoice_id", invoice);
        json.WriteString("project_id", facts.ProjectId);
        json.WriteString("legal_number", facts.LegalNumber);
        json.WriteString("currency", facts.Currency);
        Number("total", facts.Total);
        json.WriteString("paid_at", at.ToString());
        return End();
    }

    public string Note(CreditNote note)
    {
        Begin();
        json.WriteString("credit_note", note.Number.ToString());
        json.WriteString("invoice_id", note.Invoice.Value);
        json.WriteString("legal_number", note.InvoiceLegalNumber.ToString());
        json.WriteString("project_id", note.Project.Value);
        json.WriteString("currency", note.Currency.Code);
        Number("tax", note.Tax);
        Number("total", note.Total);
        json.WriteString("reason", note.Reason);
        json.WriteString("issued_at", note.IssuedAt.ToString());
        return End();
    }

    public string Request(TopUpRequested requested)
    {
        Begin();
        json.WriteString("top_up_id", WalletIds.TopUp(requested.Number));
        json.WriteString("amount", requested.Amount.ToString());
        return End();
    }

    public string TopUp(long number, GrantAdded grant, LedgerStamp stamp)
    {
        Begin();
        json.WriteString("top_up_id", WalletIds.TopUp(number));
        json.WriteString("grant_id", WalletIds.Grant(grant.Number));
        json.WriteString("amount", grant.Amount.ToString());
        json.WriteString("available", stamp.After.ToString());
        return End();
    }

    public string Low(Amount available, Amount threshold)
    {
        Begin();
        json.WriteString("available", available.ToString());
        json.WriteString("threshold", threshold.ToString());
        return End();
    }

    private void Number(string name, Amount amount)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(amount.ToString(), skipInputValidation: true);
    }

    private void Begin()
    {
        buffer.ResetWrittenCount();
        json.Reset();
        json.WriteStartObject();
    }

    private string End()
    {
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
