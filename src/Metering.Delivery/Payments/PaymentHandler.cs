using System.Text.Json;
using Metering.Core.Ids;
using Metering.Delivery.Outbox;
using Metering.Grid.Outbox;
using Metering.Grid.Payments;

namespace Metering.Delivery.Payments;

/// <summary>Does what the outbox has for the payment gateway: invoices and top-ups. Without a gateway there is nothing to do for
/// them.</summary>
/// <param name="desk">The payments.</param>
public sealed class PaymentHandler(PaymentDesk desk) : IOutboxHandler
{
    // A wrong key takes a person some time to mend, and a bank some hours to move money.
    private static readonly TimeSpan slowly = TimeSpan.FromMinutes(10);

    /// <inheritdoc />
    public IReadOnlyList<string> Kinds { get; } = [OutboxKinds.PaymentPush, OutboxKinds.PaymentTopUp];

    /// <inheritdoc />
    public async ValueTask<OutboxOutcome> HandleAsync(OutboxClaim claim, CancellationToken cancellation)
    {
        if (desk.Collection is not { } collection || desk.TopUps is not { } topUps)
            return OutboxOutcome.DoneWithin();
        OutboxMessage message = claim.Message;
        if (message.Kind == OutboxKinds.PaymentTopUp)
            return OutcomeOf(await topUps.RunAsync(message.CustomerId, ReadText(message.Data, "top_up_id"), cancellation));
        return OutcomeOf(PaymentStep.Of(await collection.RunAsync(
            message.CustomerId, InvoiceId.Parse(ReadText(message.Data, "invoice_id")), InvoiceCollection.FirstAttempt, cancellation)));
    }

    private static OutboxOutcome OutcomeOf(PaymentStep step) => step.Code switch
    {
        PaymentCode.Done or PaymentCode.Declined => OutboxOutcome.Done(),
        PaymentCode.Misconfigured => OutboxOutcome.Retry(step.Reason ?? "The gateway refuses it.", notBefore: slowly),
        _ => OutboxOutcome.Retry(step.Reason ?? "The gateway is away."),
    };

    internal static string ReadText(string data, string member)
    {
        using JsonDocument document = JsonDocument.Parse(data);
        return document.RootElement.GetProperty(member).GetString()!;
    }
}
