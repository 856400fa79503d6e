using System.Collections.Immutable;
using System.Numerics;
using Metering.Core.Catalog;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Simulation.Load;

namespace Metering.Simulation.Judging;

/// <summary>A customer after one entry of the journal.</summary>
internal sealed record Snapshot(
    long Committed, CustomerStatus Status, WalletState Wallet, ImmutableDictionary<string, ProjectState> Projects);

/// <summary>A wallet's totals, in nano-credits, and its grants, holds and top-ups in words.</summary>
internal sealed record WalletState(
    BigInteger Available, BigInteger Held, BigInteger Burned, BigInteger Expired, BigInteger Granted, BigInteger Overage, long Ledger,
    bool ToppedUp, string Items);

/// <summary>A project's plan and what its limits have counted.</summary>
internal sealed record ProjectState(
    string Plan, int Version, string? Next, int NextVersion, ImmutableDictionary<(string Meter, PeriodKind Kind), CounterState> Counters)
{
    /// <summary>From when which plan's prices hold, in order.</summary>
    public ImmutableList<(Instant From, string Plan, int Version)> Prices { get; init; } = [];

    /// <summary>The project with the prices of its plan from a time on.</summary>
    public ProjectState PricedFrom(Instant from) => this with { Prices = Prices.Add((from, Plan, Version)) };

    /// <summary>The plan whose prices hold for usage of a time.</summary>
    public PlanSpec PricesAt(Instant time)
    {
        if (Prices.IsEmpty)
            return PlanSpecs.Find(Plan, Version);
        int last = Math.Max(0, Prices.FindLastIndex(prices => prices.From <= time));
        return PlanSpecs.Find(Prices[last].Plan, Prices[last].Version);
    }
}

/// <summary>What one limit has counted.</summary>
internal sealed record CounterState(Period Period, BigInteger Used, int Raised);

/// <summary>A grant as the judge thinks of it.</summary>
internal sealed class GrantState
{
    public required long Number { get; init; }

    public required int Priority { get; init; }

    public required Instant? ExpiresAt { get; init; }

    public BigInteger Free { get; set; }

    public BigInteger Held { get; set; }
}

/// <summary>A hold as the judge thinks of it.</summary>
internal sealed class HoldModel
{
    public required Instant ExpiresAt { get; init; }

    public bool IsPending { get; set; } = true;

    public List<(long Grant, BigInteger Amount)> Draws { get; } = [];

    public BigInteger Rest => Draws.Aggregate(BigInteger.Zero, (sum, draw) => sum + draw.Amount);
}

/// <summary>An event in the journal.</summary>
internal sealed class JournaledEvent
{
    /// <summary>The customer's snapshot right after it.</summary>
    public required int Index { get; init; }

    public required Instant At { get; init; }

    public required BigInteger Credits { get; init; }

    public required ulong Digest { get; init; }

    public required long Committed { get; init; }

    /// <summary>The number of the attempt that was told that this event was accepted; -1 for none.</summary>
    public int ClaimedBy { get; set; } = -1;
}

/// <summary>An answer in the journal.</summary>
internal sealed record JournaledAnswer(int Index, ulong BodyDigest, WalletResult Result, Instant At, long Committed);

/// <summary>An event that is counted and not paid yet.</summary>
internal sealed class Unpaid
{
    public required WalletMode Mode { get; init; }

    public required BigInteger Spendable { get; init; }

    public BigInteger Credits { get; set; }

    public BigInteger Drawn => Mode == WalletMode.Postpaid ? 0 : BigInteger.Min(Credits, Spendable);
}
