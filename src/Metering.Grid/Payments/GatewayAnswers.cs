namespace Metering.Grid.Payments;

/// <summary>A customer at the gateway.</summary>
/// <param name="ExternalId">The gateway's name for it.</param>
/// <param name="HasPaymentMethod">Whether it can be charged without the payer being there.</param>
public sealed record GatewayCustomer(string ExternalId, bool HasPaymentMethod);

/// <summary>How far an invoice is at the gateway.</summary>
public enum GatewayInvoiceStatus
{
    /// <summary>It can still get lines; nobody is asked to pay it.</summary>
    Draft = 0,

    /// <summary>It waits for its payment.</summary>
    Open = 1,

    /// <summary>It is paid.</summary>
    Paid = 2,

    /// <summary>It was given up.</summary>
    Uncollectible = 3,

    /// <summary>It is void.</summary>
    Void = 4,
}

/// <summary>An invoice at the gateway.</summary>
/// <param name="ExternalId">The gateway's name for it.</param>
/// <param name="Status">How far it is.</param>
/// <param name="WasAttempted">Whether anybody has tried to charge it.</param>
/// <param name="HasMoney">Whether money was paid for it: an invoice over nothing is paid without.</param>
public sealed record GatewayInvoice(
    string ExternalId, GatewayInvoiceStatus Status, bool WasAttempted = false, bool HasMoney = false);

/// <summary>What a search for an invoice found.</summary>
/// <param name="Invoice">The invoice; null where there is none.</param>
public sealed record FoundInvoice(GatewayInvoice? Invoice);

/// <summary>Lines at the gateway, by their place in the order: each line's external id.</summary>
/// <param name="ExternalIds">Every line that was asked for and is there.</param>
public sealed record GatewayLines(IReadOnlyDictionary<int, string> ExternalIds);

/// <summary>A refund, or an amount taken off an open invoice.</summary>
/// <param name="ExternalId">The gateway's name for it.</param>
public sealed record GatewayCredit(string ExternalId);

/// <summary>How far the charge of a top-up is.</summary>
public enum TopUpChargeStatus
{
    /// <summary>The money is there.</summary>
    Paid = 0,

    /// <summary>The bank takes its time; a notice says later what became of it.</summary>
    Processing = 1,
}

/// <summary>The charge of a top-up.</summary>
/// <param name="ExternalId">The gateway's name for it.</param>
/// <param name="Status">How far it is.</param>
public sealed record TopUpCharge(string ExternalId, TopUpChargeStatus Status);
