using Metering.Core.Time;

namespace Metering.Grid.Payments;

/// <summary>
/// Whoever takes the money. Everything is asked for by our own ids, and is there once however often it is asked for, at any distance in
/// time, also when an answer was lost: what exists is found and gone on with. So a caller that was interrupted simply begins again.
/// </summary>
/// <remarks>
/// Nothing here throws for what the gateway answers or does not answer: see <see cref="PaymentCode"/>. A call waits and tries again within
/// bounds of its own before it answers <see cref="PaymentCode.RetryLater"/>. Only one caller at a time may work for one invoice or top-up
/// longer than a day after it was first asked for.
/// </remarks>
public interface IPaymentGateway
{
    /// <summary>Finds a customer by our id, or makes it.</summary>
    ValueTask<PaymentResult<GatewayCustomer>> EnsureCustomerAsync(PayingCustomer customer, CancellationToken cancellation);

    /// <summary>Reads a customer.</summary>
    ValueTask<PaymentResult<GatewayCustomer>> ReadCustomerAsync(string externalCustomerId, CancellationToken cancellation);

    /// <summary>Attaches a means of payment to a customer and makes it the one that invoices and top-ups are charged to.</summary>
    ValueTask<PaymentResult<GatewayCustomer>> SetPaymentMethodAsync(
        string externalCustomerId, string externalPaymentMethodId, CancellationToken cancellation);

    /// <summary>Finds an invoice by our id, or makes it as a draft without lines.</summary>
    ValueTask<PaymentResult<GatewayInvoice>> EnsureInvoiceAsync(InvoiceOrder order, CancellationToken cancellation);

    /// <summary>Finds an invoice by our id.</summary>
    ValueTask<PaymentResult<FoundInvoice>> FindInvoiceAsync(
        string invoiceId, string externalCustomerId, Instant issuedAt, CancellationToken cancellation);

    /// <summary>
    /// Puts lines onto a draft, each once. Without a draft they wait at the customer for the next invoice there. A line that waits
    /// already is moved onto the draft; one that another invoice of the gateway has taken up stays there.
    /// </summary>
    /// <param name="order">The whole invoice.</param>
    /// <param name="lines">Which of its lines.</param>
    /// <param name="externalInvoiceId">The draft, or null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask<PaymentResult<GatewayLines>> AddLinesAsync(
        InvoiceOrder order, IReadOnlyList<int> lines, string? externalInvoiceId, CancellationToken cancellation);

    /// <summary>Closes a draft, so that it can be paid. One that is closed already stays as it is.</summary>
    ValueTask<PaymentResult<GatewayInvoice>> FinaliseInvoiceAsync(string externalInvoiceId, CancellationToken cancellation);

    /// <summary>Charges an open invoice to the customer's means of payment; one that is paid is never charged again.</summary>
    /// <param name="externalInvoiceId">The invoice.</param>
    /// <param name="attempt">0 at first, one more each time it is tried anew. The same attempt again gets the same answer.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The invoice; open still where the bank takes its time.</returns>
    ValueTask<PaymentResult<GatewayInvoice>> PayInvoiceAsync(string externalInvoiceId, int attempt, CancellationToken cancellation);

    /// <summary>Says that an open invoice was paid by another way; nobody is charged. One that is paid already stays as it is.</summary>
    ValueTask<PaymentResult<GatewayInvoice>> MarkPaidAsync(string externalInvoiceId, CancellationToken cancellation);

    /// <summary>Makes an invoice void that is not paid.</summary>
    /// <returns>The invoice; paid where that came first.</returns>
    ValueTask<PaymentResult<GatewayInvoice>> VoidInvoiceAsync(string externalInvoiceId, CancellationToken cancellation);

    /// <summary>Gives money of a paid invoice back, or asks for less of an open one.</summary>
    ValueTask<PaymentResult<GatewayCredit>> CreditAsync(CreditOrder order, CancellationToken cancellation);

    /// <summary>Charges a top-up to the customer's means of payment. What is declined can never be paid afterwards.</summary>
    ValueTask<PaymentResult<TopUpCharge>> ChargeTopUpAsync(TopUpOrder order, CancellationToken cancellation);
}
