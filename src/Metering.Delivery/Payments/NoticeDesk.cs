using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Payments;
using Microsoft.Extensions.Logging;

namespace Metering.Delivery.Payments;

/// <summary>
/// Acts on the gateway's notices. What a notice says is final is set once; what can still change is asked for afresh, so that neither
/// their order nor their number matters.
/// </summary>
internal sealed partial class NoticeDesk(
    IMeteringEngine engine, TopUpCharges topUps, RefundedCharges refunds, ILogger<NoticeDesk> logger)
{
    /// <exception cref="PaymentNoticeException">It could not be acted on now.</exception>
    public async ValueTask ActAsync(PaymentNotice notice, CancellationToken cancellation)
    {
        switch (notice.Kind)
        {
            case PaymentNoticeKind.InvoicePaid:
                await MoveAsync(notice, InvoiceStatus.Paid, cancellation);
                break;
            case PaymentNoticeKind.InvoiceVoided:
                await MoveAsync(notice, InvoiceStatus.Void, cancellation);
                break;
            case PaymentNoticeKind.InvoiceDeclined:
                // Dunning begins with the due date, whether an attempt was made before or not.
                LogDeclined(logger, notice.InvoiceId, notice.CustomerId);
                break;
            case PaymentNoticeKind.TopUpMoved:
                PaymentStep charged = await topUps.RunAsync(notice.CustomerId, notice.TopUpId, cancellation);
                if (!charged.IsOver)
                    throw new PaymentNoticeException(charged.Reason ?? "The top-up cannot be settled now.");
                break;
            case PaymentNoticeKind.TopUpRefunded:
                await refunds.TakeBackAsync(notice, cancellation);
                break;
            case PaymentNoticeKind.ChargeRefunded:
                LogRefunded(logger, notice.ExternalId, notice.Refunded.ToString());
                break;
            case PaymentNoticeKind.Other:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(notice), notice.Kind, "There is no such kind of notice.");
        }
    }

    private async ValueTask MoveAsync(PaymentNotice notice, InvoiceStatus status, CancellationToken cancellation)
    {
        if (!InvoiceId.TryCreate(notice.InvoiceId, out InvoiceId invoice)
            || await engine.Directory.FindCustomerAsync(notice.CustomerId, cancellation) is not { } customer)
        {
            LogUnknown(logger, notice.InvoiceId, notice.CustomerId);
            return;
        }

        IBilling billing = engine.Billing(customer);
        StatusResult moved = await billing.SetStatusAsync(invoice, status, cancellation);
        if (moved.Code == StatusCode.InvoiceNotFound)
            LogUnknown(logger, notice.InvoiceId, notice.CustomerId);
        else if (moved.Code == StatusCode.IllegalMove)
            LogContradiction(logger, notice.InvoiceId, moved.Invoice!.Status.Word(), status.Word());
        if (moved.Code == StatusCode.Done && moved.Invoice!.ExternalId is null)
            await billing.RecordExternalIdAsync(invoice, notice.ExternalId, cancellation);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The charge of invoice {Invoice} of {Customer} was declined")]
    private static partial void LogDeclined(ILogger logger, string invoice, string customer);

    [LoggerMessage(Level = LogLevel.Information, Message = "Of charge {Charge} {Amount} was refunded at the gateway; credit notes say why")]
    private static partial void LogRefunded(ILogger logger, string charge, string amount);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The gateway tells of invoice {Invoice} of {Customer}, which is not there")]
    private static partial void LogUnknown(ILogger logger, string invoice, string customer);

    [LoggerMessage(Level = LogLevel.Error, Message = "Invoice {Invoice} is {Ours} here, {Theirs} at the gateway: somebody has to decide")]
    private static partial void LogContradiction(ILogger logger, string invoice, string ours, string theirs);
}
