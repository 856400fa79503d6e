using System.Text.Json;
using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Delivery.Pdf;

namespace Metering.Delivery.Mail;

/// <summary>The values of placeholders, by occasion.</summary>
internal static class MailValues
{
    public static Dictionary<string, string> Common(
        string customerId, MailRecipient recipient, string sellerName, string sellerEmail) => new()
        {
            ["customer_id"] = customerId,
            ["customer_name"] = recipient.Name.Length == 0 ? customerId : recipient.Name,
            ["seller_name"] = sellerName,
            ["seller_email"] = sellerEmail,
        };

    public static void AddInvoice(Dictionary<string, string> values, InvoiceFacts facts, Figures figures, ValueList<string> paymentNotes)
    {
        Invoice invoice = facts.Invoice;
        LocalDays days = LocalDays.Of(invoice);
        Amount due = InvoiceContent.Due(invoice, facts.Standing);
        values["invoice_number"] = InvoiceContent.NumberOf(invoice);
        values["reference"] = invoice.Number.Value;
        values["project_id"] = invoice.Project.Value;
        values["period"] = figures.Days(invoice.FirstDay, days.LastDayBefore(invoice.Period.End));
        values["issued"] = invoice.IssuedAt is { } issued ? figures.Day(days.DayOf(issued)) : "";
        values["due"] = figures.Day(days.DayOf(invoice.DueAt));
        values["total"] = figures.MoneyWithCode(invoice.Total, invoice.Currency);
        values["amount_due"] = figures.MoneyWithCode(due, invoice.Currency);
        values["payment_notes"] = due.IsPositive ? string.Join('\n', paymentNotes) : "";
    }

    public static void AddCreditNote(Dictionary<string, string> values, CreditNote note, Figures figures)
    {
        values["credit_note_number"] = note.Number.ToString();
        values["invoice_number"] = note.InvoiceLegalNumber.ToString();
        values["project_id"] = note.Project.Value;
        values["issued"] = figures.Day(DateOnly.FromDateTime(note.IssuedAt.ToUtcDateTime()));
        values["total"] = figures.MoneyWithCode(note.Total, note.Currency);
        values["reason"] = note.Reason;
    }

    public static void AddWallet(Dictionary<string, string> values, JsonElement data, Figures figures)
    {
        values["available"] = Number(data, "available", figures);
        values["threshold"] = Number(data, "threshold", figures);
    }

    public static void AddAlert(Dictionary<string, string> values, JsonElement data, Figures figures)
    {
        values["project_id"] = Text(data, "project_id");
        values["metric"] = Text(data, "metric_type");
        values["severity"] = Text(data, "severity");
        values["message"] = Text(data, "message");
        values["limit_period"] = Text(data, "period");
        values["current_usage"] = Number(data, "current_usage", figures);
        values["limit"] = Number(data, "limit", figures);
        values["percentage"] = Number(data, "percentage", figures);
        values["threshold"] = Number(data, "threshold", figures);
    }

    /// <summary>A member's text; empty where there is none.</summary>
    public static string Text(JsonElement data, string name) =>
        data.ValueKind == JsonValueKind.Object && data.TryGetProperty(name, out JsonElement member)
            && member.ValueKind == JsonValueKind.String
            ? member.GetString()!
            : "";

    // Credits come as strings, quantities as numbers.
    private static string Number(JsonElement data, string name, Figures figures)
    {
        if (data.ValueKind != JsonValueKind.Object || !data.TryGetProperty(name, out JsonElement member))
            return "";
        string text = member.ValueKind == JsonValueKind.Number ? member.GetRawText() : Text(data, name);
        return Amount.TryParse(text, out Amount amount) ? figures.Quantity(amount) : text;
    }
}
