using System.Globalization;
using System.Text.Json;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Delivery.Outbox;
using Metering.Delivery.Payments;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Outbox;
using Metering.Grid.Payments;
using Metering.Grid.Wallets;

namespace Metering.Delivery.Dunning;

/// <summary>
/// Dunning as a chain of delayed outbox rows: an overdue invoice begins it, each step tries the payment, reminds, and puts in the next
/// step with its own completion. What the invoice is by then decides; a paid or void one ends the chain.
/// </summary>
public sealed class DunningHandler : IOutboxHandler
{
    private const string IdPrefix = "dun_";
    private static readonly TimeSpan slowly = TimeSpan.FromMinutes(10);

    private readonly IMeteringEngine engine;
    private readonly PaymentDesk payments;
    private readonly DunningOptions options;
    private readonly TimeProvider time;
    private readonly bool reminds;

    /// <param name="engine">The grid.</param>
    /// <param name="payments">Tries the payment; without a gateway customers are only reminded.</param>
    /// <param name="options">When.</param>
    /// <param name="time">The clock.</param>
    /// <param name="reminds">Whether reminders are put in for the mail: where there is none, they would only pile up.</param>
    public DunningHandler(
        IMeteringEngine engine, PaymentDesk payments, DunningOptions options, TimeProvider time, bool reminds = true)
    {
        options.Validate();
        this.reminds = reminds;
        (this.engine, this.payments, this.options, this.time) = (engine, payments, options, time);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Kinds { get; } = [OutboxKinds.DunningBegin, OutboxKinds.DunningStep, OutboxKinds.DunningEnd];

    /// <inheritdoc />
    public async ValueTask<OutboxOutcome> HandleAsync(OutboxClaim claim, CancellationToken cancellation)
    {
        OutboxMessage message = claim.Message;
        InvoiceId id = InvoiceId.Parse(PaymentHandler.ReadText(message.Data, "invoice_id"));
        if (await engine.Directory.FindCustomerAsync(message.CustomerId, cancellation) is not { } customer)
            return OutboxOutcome.GiveUp($"There is no customer '{message.CustomerId}'.");
        if (message.Kind == OutboxKinds.DunningEnd)
        {
            await ClearAsync(customer, cancellation);
            return OutboxOutcome.DoneWithin();
        }

        if (await engine.Billing(customer).FindAsync(id, cancellation) is not { } view)
            return OutboxOutcome.GiveUp($"There is no invoice '{id}'.");
        if (!IsOwed(view.Issued))
            return OutboxOutcome.DoneWithin();
        if (message.Kind == OutboxKinds.DunningBegin)
            return options.Days.Count == 0 ? OutboxOutcome.DoneWithin() : OutboxOutcome.DoneWithin(Step(message, view.Issued, 0));
        return await TakeStepAsync(message, customer, view.Issued, cancellation);
    }

    private async ValueTask<OutboxOutcome> TakeStepAsync(
        OutboxMessage message, CustomerEntry customer, IssuedInvoice invoice, CancellationToken cancellation)
    {
        int step = ReadStep(message.Data);
        if (payments.Collection is { } collection)
        {
            // Attempt 0 was the push's: the steps count from 1, so that each of them is charged at most once.
            PaymentResult<FoundInvoice> tried = await collection.RunAsync(customer.Id, invoice.Id, step + 1, cancellation);
            if (tried.Code == PaymentCode.RetryLater)
                return OutboxOutcome.Retry(tried.Reason ?? "The gateway is away.");
            if (tried.Code == PaymentCode.Misconfigured)
                return OutboxOutcome.Retry(tried.Reason ?? "The gateway refuses it.", notBefore: slowly);
            if (tried.Value?.Invoice is { Status: GatewayInvoiceStatus.Paid or GatewayInvoiceStatus.Void })
                return OutboxOutcome.Done();
        }

        OutboxMessage[] next = reminds ? [Reminder(message, invoice, step)] : [];
        if (step + 1 < options.Days.Count)
            return OutboxOutcome.Done(null, [.. next, Step(message, invoice, step + 1)]);
        await MarkAsync(customer, invoice.Id, cancellation);
        return OutboxOutcome.Done(null, next);
    }

    /// <summary>The last step has failed: the customer is past due, unless the payment came at this very moment.</summary>
    private async ValueTask MarkAsync(CustomerEntry customer, InvoiceId id, CancellationToken cancellation)
    {
        IWallet wallet = engine.Wallet(customer);
        // An operator's suspension is more than this, and stays.
        if (await wallet.ReadStatusAsync(cancellation) != CustomerStatus.Active)
            return;
        await wallet.SetStatusAsync(CustomerStatus.PastDue, cancellation);
        if (await engine.Billing(customer).FindAsync(id, cancellation) is { } view && !IsOwed(view.Issued))
            await ClearAsync(customer, cancellation);
    }

    /// <summary>Back to active, unless another invoice has come to the end of its dunning unpaid.</summary>
    private async ValueTask ClearAsync(CustomerEntry customer, CancellationToken cancellation)
    {
        IWallet wallet = engine.Wallet(customer);
        if (await wallet.ReadStatusAsync(cancellation) != CustomerStatus.PastDue)
            return;
        Instant now = Instant.FromDateTimeOffset(time.GetUtcNow());
        IReadOnlyList<IssuedInvoice> invoices = await engine.Billing(customer).ListAsync(null, cancellation);
        TimeSpan patience = TimeSpan.FromDays(options.Days.Count == 0 ? 0 : options.Days[^1]);
        if (!invoices.Any(invoice => IsOwed(invoice) && invoice.DueAt + patience <= now))
            await wallet.SetStatusAsync(CustomerStatus.Active, cancellation);
    }

    private OutboxMessage Step(OutboxMessage message, IssuedInvoice invoice, int step)
    {
        string data = $$"""{"invoice_id":{{Quote(invoice.Id.Value)}},"step":{{step.ToString(CultureInfo.InvariantCulture)}}}""";
        return new OutboxMessage(
            IdOf(message.Partition, invoice.Id, "step", step), OutboxKinds.DunningStep, message.Partition, message.CustomerId, data,
            message.CreatedAt)
        {
            DueAt = invoice.DueAt + TimeSpan.FromDays(options.Days[step]),
        };
    }

    private OutboxMessage Reminder(OutboxMessage message, IssuedInvoice invoice, int step) => new(
        IdOf(message.Partition, invoice.Id, "reminder", step), OutboxKinds.MailReminder, message.Partition, message.CustomerId,
        $$"""{"invoice_id":{{Quote(invoice.Id.Value)}}}""", Instant.FromDateTimeOffset(time.GetUtcNow()));

    private static string IdOf(int partition, InvoiceId invoice, string what, int step) =>
        OutboxIds.Of(IdPrefix, partition, invoice.Value, what, step.ToString(CultureInfo.InvariantCulture));

    private static bool IsOwed(IssuedInvoice invoice) => invoice.Status is InvoiceStatus.Issued or InvoiceStatus.Overdue;

    private static int ReadStep(string data)
    {
        using JsonDocument document = JsonDocument.Parse(data);
        return document.RootElement.GetProperty("step").GetInt32();
    }

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
