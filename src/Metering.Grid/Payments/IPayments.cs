using Metering.Core.Ids;
using Metering.Grid.Directory;

namespace Metering.Grid.Payments;

/// <summary>
/// Payments as callers ask for them. Everything may be asked for again and is done once. Where no payment gateway is set up, everything is
/// <see cref="PaymentCode.Misconfigured"/> and says so.
/// </summary>
/// <remarks>Failures of the grid itself are thrown, as by <see cref="Wallets.IWallet"/>.</remarks>
public interface IPayments
{
    /// <summary>Whether a payment gateway is set up.</summary>
    bool HasGateway { get; }

    /// <summary>Makes a customer known at the gateway, under its name and e-mail; from then on its invoices are collected.</summary>
    ValueTask<PaymentResult<GatewayCustomer>> RegisterAsync(CustomerEntry customer, CancellationToken cancellation);

    /// <summary>Gives a customer the means of payment that its invoices and top-ups are charged to; makes it known where it was
    /// not.</summary>
    ValueTask<PaymentResult<GatewayCustomer>> SetPaymentMethodAsync(
        CustomerEntry customer, string externalPaymentMethodId, CancellationToken cancellation);

    /// <summary>Has an issued invoice collected now, as it would be by itself.</summary>
    /// <returns>The invoice at the gateway; missing where the customer is not known there.</returns>
    ValueTask<PaymentResult<FoundInvoice>> CollectAsync(CustomerEntry customer, InvoiceId invoice, CancellationToken cancellation);

    /// <summary>
    /// Pushes the overage lines of issued invoices that the gateway does not have yet, each once, as items that wait at the customer for
    /// its next invoice there. What fails for one customer never stops the others.
    /// </summary>
    ValueTask<OverageReport> PushOverageAsync(CancellationToken cancellation);

    /// <summary>Takes what the gateway tells of its own accord.</summary>
    /// <returns>False where it is not proved to come from the gateway.</returns>
    /// <exception cref="PaymentNoticeException">It could not be acted on now; the gateway is to send it again.</exception>
    ValueTask<bool> TakeNoticeAsync(ReadOnlyMemory<byte> body, string? signature, CancellationToken cancellation);
}

/// <summary>A notice could not be acted on now and is to come again.</summary>
public sealed class PaymentNoticeException(string message) : Exception(message);

/// <summary>What a run over unpushed overage did.</summary>
/// <param name="Invoices">Issued invoices that were looked at.</param>
/// <param name="Customers">Their customers.</param>
/// <param name="LinesPushed">Lines that the gateway got by this run.</param>
/// <param name="Skipped">Invoices of customers that are not known at the gateway; all of them where there is none.</param>
/// <param name="Failures">What failed; its customers' other invoices come with the next run.</param>
public sealed record OverageReport(
    int Invoices, int Customers, int LinesPushed, int Skipped, IReadOnlyList<OverageFailure> Failures);

/// <summary>An invoice whose overage could not be pushed.</summary>
public sealed record OverageFailure(string CustomerId, string InvoiceId, PaymentCode Code, string Reason);
