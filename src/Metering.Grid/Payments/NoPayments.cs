using Metering.Core.Ids;
using Metering.Grid.Directory;

namespace Metering.Grid.Payments;

/// <summary>Payments of a process that has no payment gateway and looks at no invoices.</summary>
public sealed class NoPayments : IPayments
{
    private const string Reason = "No payment gateway is set up.";

    /// <inheritdoc />
    public bool HasGateway => false;

    /// <inheritdoc />
    public ValueTask<PaymentResult<GatewayCustomer>> RegisterAsync(CustomerEntry customer, CancellationToken cancellation) =>
        new(PaymentResult.Misconfigured<GatewayCustomer>(Reason));

    /// <inheritdoc />
    public ValueTask<PaymentResult<GatewayCustomer>> SetPaymentMethodAsync(
        CustomerEntry customer, string externalPaymentMethodId, CancellationToken cancellation) =>
        new(PaymentResult.Misconfigured<GatewayCustomer>(Reason));

    /// <inheritdoc />
    public ValueTask<PaymentResult<FoundInvoice>> CollectAsync(
        CustomerEntry customer, InvoiceId invoice, CancellationToken cancellation) =>
        new(PaymentResult.Misconfigured<FoundInvoice>(Reason));

    /// <inheritdoc />
    public ValueTask<OverageReport> PushOverageAsync(CancellationToken cancellation) => new(new OverageReport(0, 0, 0, 0, []));

    /// <inheritdoc />
    public ValueTask<bool> TakeNoticeAsync(ReadOnlyMemory<byte> body, string? signature, CancellationToken cancellation) => new(false);
}
