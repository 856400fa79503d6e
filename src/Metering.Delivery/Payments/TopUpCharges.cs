using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Payments;
using Metering.Grid.Projects;
using Metering.Grid.Wallets;

namespace Metering.Delivery.Payments;

/// <summary>
/// Charges pending top-ups and tells the wallet what became of it. Credits are charged at what the plan of the customer's default project
/// says a credit is worth, rounded half to even to the currency's minor unit.
/// </summary>
internal sealed class TopUpCharges(IMeteringEngine engine, IPaymentGateway gateway, IPaymentAccounts accounts)
{
    /// <summary>Charges a top-up that is pending, once; one that is not has nothing left to do.</summary>
    public async ValueTask<PaymentStep> RunAsync(string customerId, string topUpId, CancellationToken cancellation)
    {
        if (await engine.Directory.FindCustomerAsync(customerId, cancellation) is not { } customer)
            return PaymentStep.Stuck($"There is no customer '{customerId}'.");
        IWallet wallet = engine.Wallet(customer);
        WalletView view = await wallet.ReadAsync(cancellation);
        if (view.TopUps.FirstOrDefault(topUp => topUp.Id == topUpId) is not { State: TopUpState.Pending } pending)
            return PaymentStep.Done;
        // Who is not known at the gateway pays in another way, which the operator confirms.
        if (await accounts.FindAsync(customerId, cancellation) is not { } account)
            return PaymentStep.Done;

        (TopUpOrder? order, string? fault) = await OrderAsync(customer, pending, account, cancellation);
        if (order is null)
            return PaymentStep.Stuck(fault!);
        PaymentResult<TopUpCharge> charged = await gateway.ChargeTopUpAsync(order, cancellation);
        switch (charged)
        {
            case { Code: PaymentCode.Done, Value.Status: TopUpChargeStatus.Processing }:
                return PaymentStep.Later("The bank takes its time.");
            case { Code: PaymentCode.Done }:
                WalletResult confirmed = await wallet.ExecuteAsync(new ConfirmTopUp(topUpId), cancellation);
                return confirmed.Code == WalletCode.Done || confirmed.TopUp?.State == TopUpState.Confirmed
                    ? PaymentStep.Done
                    : PaymentStep.Stuck($"Top-up {topUpId} is paid, and the wallet answered {confirmed.Code}.");
            case { Code: PaymentCode.Declined }:
                await wallet.ExecuteAsync(new FailTopUp(topUpId), cancellation);
                return PaymentStep.Of(charged);
            default:
                return PaymentStep.Of(charged);
        }
    }

    private async ValueTask<(TopUpOrder? Order, string? Fault)> OrderAsync(
        CustomerEntry customer, TopUpView topUp, string account, CancellationToken cancellation)
    {
        if (await engine.Directory.FindProjectAsync(customer.Id, cancellation) is not { } project)
            return (null, $"There is no default project of '{customer.Id}'.");
        ProjectView view = await engine.Project(project).ReadAsync(cancellation);
        if (!engine.Directory.Catalog.TryFindPlan(view.Plan, view.PlanVersion, out Plan? plan)
            || !Currency.TryFind(customer.Record.Currency, out Currency? currency)
            || plan.PricesIn(currency)?.CreditValue is not { } value)
            return (null, $"Plan {view.Plan} does not say what a credit is worth in {customer.Record.Currency}.");
        try
        {
            Amount money = MoneyOf(topUp.Amount, value, currency);
            return (
                new TopUpOrder(
                    customer.Id, topUp.Id, account, topUp.Amount, money, currency.Code, topUp.CreatedAt, $"{topUp.Amount} credits"),
                null);
        }
        catch (OverflowException)
        {
            return (null, $"{topUp.Amount} credits are more money than an amount can be.");
        }
    }

    private static Amount MoneyOf(Amount credits, Amount value, Currency currency)
    {
        var nanos = Rounding.DivideHalfEven(
            (System.Numerics.BigInteger)credits.Nanos * (System.Numerics.BigInteger)value.Nanos, Amount.NanosPerUnit);
        return Rounding.ToMinorUnit(Amount.FromNanos(checked((Int128)nanos)), currency);
    }
}
