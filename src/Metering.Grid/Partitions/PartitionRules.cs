using Metering.Grid.Billing;

namespace Metering.Grid.Partitions;

/// <summary>
/// Settings that decisions depend on. A change holds for later decisions only: the journal keeps results.
/// </summary>
public sealed record PartitionRules
{
    /// <summary>How long an identity counts once, from when it was taken. Default: 35 days.</summary>
    public TimeSpan DedupHorizon { get; init; } = TimeSpan.FromDays(35);

    /// <summary>How old an event's time may be. Default: 35 days.</summary>
    public TimeSpan AcceptedAge { get; init; } = TimeSpan.FromDays(35);

    /// <summary>How far ahead an event's time may be. Default: 5 minutes.</summary>
    public TimeSpan AcceptedAhead { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether events whose dimensions have no price are taken and cost nothing. Default: no, <c>no_price</c>.</summary>
    public bool TakeUnpriced { get; init; }

    /// <summary>How long after its end a billing period still takes late events. Default: 1 hour.</summary>
    public TimeSpan LateGrace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What invoices depend on besides usage and plans.</summary>
    public BillingTerms Billing { get; init; } = new();

    /// <summary>
    /// Combinations of dimensions a meter keeps apart in a period of a project; further ones fold into <c>(other)</c>. Default: 10,000.
    /// </summary>
    public int CombinationsMax { get; init; } = 10_000;

    /// <summary>
    /// Combinations of a meter in a period of a project that have a price of their own on the invoice, and so do not fold; further ones are
    /// refused. Default: 100,000.
    /// </summary>
    public int PricedCombinationsMax { get; init; } = 100_000;

    /// <summary>Distinct values a unique count keeps in a period. Default: 100,000.</summary>
    public int UniqueValuesMax { get; init; } = 100_000;

    /// <summary>Open holds and grants a wallet may have, each, and closed holds it still shows. Default: 10,000.</summary>
    public int WalletItemsMax { get; init; } = 10_000;

    /// <summary>
    /// Idempotency keys a wallet remembers; past it a command with a new key is refused until the oldest are over. Default: 100,000.
    /// </summary>
    public int AnswersMax { get; init; } = 100_000;

    /// <summary>How long an idempotency key's answer is replayed. Default: 24 hours.</summary>
    public TimeSpan IdempotencyRetention { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long a closed hold or top-up can still be read. Default: 24 hours.</summary>
    public TimeSpan ClosedRetention { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Whether events of a customer who is past due are refused as those of a suspended one. Default: no.</summary>
    public bool PastDueSuspends { get; init; }
}
