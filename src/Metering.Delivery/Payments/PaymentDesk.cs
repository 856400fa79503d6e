using Metering.Core.Ids;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Payments;
using Microsoft.Extensions.Logging;

namespace Metering.Delivery.Payments;

/// <summary>Payments with a gateway, or without one.</summary>
public sealed class PaymentDesk : IPayments
{
    private const string NoGateway = "No payment gateway is set up.";

    private readonly IPaymentGateway? gateway;
    private readonly IPaymentAccounts accounts;
    private readonly IPaymentNotices? notices;
    private readonly NoticeDesk? desk;
    private readonly OverageRun overage;

    /// <param name="engine">The grid.</param>
    /// <param name="accounts">Who customers are at the gateway.</param>
    /// <param name="refunds">What of refunds was acted on.</param>
    /// <param name="gateway">The gateway; null for none.</param>
    /// <param name="notices">Its notices; null with no gateway.</param>
    /// <param name="logs">Makes logs.</param>
    public PaymentDesk(
        IMeteringEngine engine, IPaymentAccounts accounts, IPaymentRefunds refunds, IPaymentGateway? gateway, IPaymentNotices? notices,
        ILoggerFactory logs)
    {
        (this.accounts, this.gateway, this.notices) = (accounts, gateway, notices);
        overage = new OverageRun(engine, gateway, accounts);
        if (gateway is null)
            return;
        Collection = new InvoiceCollection(engine, gateway, accounts);
        TopUps = new TopUpCharges(engine, gateway, accounts);
        desk = new NoticeDesk(
            engine, TopUps, new RefundedCharges(engine, refunds, logs.CreateLogger<RefundedCharges>()), logs.CreateLogger<NoticeDesk>());
    }

    /// <inheritdoc />
    public bool HasGateway => gateway is not null;

    internal InvoiceCollection? Collection { get; }

    internal TopUpCharges? TopUps { get; }

    /// <inheritdoc />
    public async ValueTask<PaymentResult<GatewayCustomer>> RegisterAsync(CustomerEntry customer, CancellationToken cancellation)
    {
        if (gateway is null)
            return PaymentResult.Misconfigured<GatewayCustomer>(NoGateway);
        if (await accounts.FindAsync(customer.Id, cancellation) is { } known)
            return await gateway.ReadCustomerAsync(known, cancellation);
        PaymentResult<GatewayCustomer> made = await gateway.EnsureCustomerAsync(
            new PayingCustomer(customer.Id, customer.Record.Name, customer.Record.Email), cancellation);
        if (made.Value is not { } account)
            return made;
        string stands = await accounts.AddAsync(customer.Id, account.ExternalId, cancellation);
        return stands == account.ExternalId ? made : await gateway.ReadCustomerAsync(stands, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<PaymentResult<GatewayCustomer>> SetPaymentMethodAsync(
        CustomerEntry customer, string externalPaymentMethodId, CancellationToken cancellation)
    {
        PaymentResult<GatewayCustomer> registered = await RegisterAsync(customer, cancellation);
        return registered.Value is { } account
            ? await gateway!.SetPaymentMethodAsync(account.ExternalId, externalPaymentMethodId, cancellation)
            : registered;
    }

    /// <inheritdoc />
    public async ValueTask<PaymentResult<FoundInvoice>> CollectAsync(
        CustomerEntry customer, InvoiceId invoice, CancellationToken cancellation) => Collection is null
        ? PaymentResult.Misconfigured<FoundInvoice>(NoGateway)
        : await Collection.RunAsync(customer.Id, invoice, InvoiceCollection.FirstAttempt, cancellation);

    /// <inheritdoc />
    public ValueTask<OverageReport> PushOverageAsync(CancellationToken cancellation) => overage.RunAsync(cancellation);

    /// <inheritdoc />
    public async ValueTask<bool> TakeNoticeAsync(ReadOnlyMemory<byte> body, string? signature, CancellationToken cancellation)
    {
        if (notices is null || desk is null || notices.Read(body, signature) is not { } notice)
            return false;
        await desk.ActAsync(notice, cancellation);
        return true;
    }
}
