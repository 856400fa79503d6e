using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid.Ingest;

namespace Metering.Grid.Projects;

/// <summary>Where one limit of a project's plan stands in its running period.</summary>
public sealed record LimitView(
    string Meter, PeriodKind Period, Instant PeriodStart, Instant PeriodEnd, Amount Used, Amount? Max, bool Hard);

/// <summary>What one meter has counted in a billing period for one combination of dimensions.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="Dimensions">Name and value, in the meter's order; empty for a meter without.</param>
/// <param name="Sum">The sum of the values.</param>
/// <param name="Count">How many events.</param>
/// <param name="Max">The largest value.</param>
/// <param name="Latest">The newest value.</param>
/// <param name="Unique">How many distinct values, for a unique count.</param>
/// <param name="Quantity">The quantity by the meter's own aggregation.</param>
public sealed record MeterUsageView(
    string Meter, IReadOnlyList<KeyValuePair<string, string>> Dimensions, Amount Sum, long Count, Amount Max, Amount Latest,
    long Unique, Amount Quantity);

/// <summary>
/// A project as its partition has it now: in <paramref name="Usage"/> what each meter counted by combination of dimensions, in <paramref
/// name="Totals"/> over all of them, one a meter. Quantities of unique, latest, max and average meters do not add up over combinations.
/// </summary>
public sealed record ProjectView(
    string ProjectId, string CustomerId, string Plan, int PlanVersion, string? NextPlan, int NextPlanVersion, Instant PeriodStart,
    Instant PeriodEnd, IReadOnlyList<MeterUsageView> Usage, IReadOnlyList<MeterUsageView> Totals, IReadOnlyList<LimitView> Limits,
    Amount CreditsBurned, long AsOfSequence);

/// <summary>A limit that is past one of the plan's thresholds now.</summary>
public sealed record LimitAlert(
    string Meter, PeriodKind Period, Amount Used, Amount Max, decimal Percentage, int Threshold, string Severity, string Message);

/// <summary>Whether an event would be taken, were it sent now. Nothing is consumed.</summary>
public sealed record CheckAnswer(EventCode Code, Amount Credits, IReadOnlyList<LimitAlert> Alerts);

/// <summary>When a change of plan takes effect.</summary>
public enum PlanChangeTime
{
    /// <summary>At once; the running period is split.</summary>
    Now = 0,

    /// <summary>When the running billing period ends.</summary>
    NextPeriod = 1,
}

/// <summary>One project. Answers are fenced and failures are reported as with <see cref="Wallets.IWallet"/>.</summary>
public interface IProject
{
    /// <summary>
    /// Opens the project in its partition, and the customer with its default project where it was not open: from then on its billing
    /// periods run and base fees count. Sending it again changes nothing; a project that was never opened opens with its first event.
    /// </summary>
    ValueTask OpenAsync(CancellationToken cancellation);

    /// <summary>The project as it is now.</summary>
    ValueTask<ProjectView> ReadAsync(CancellationToken cancellation);

    /// <summary>The limits that are past a threshold, and, given a batch of one resolved event, whether it would be taken.</summary>
    ValueTask<CheckAnswer> CheckAsync(EventBatch? single, CancellationToken cancellation);

    /// <summary>Moves the project to a version of a plan. One that another process has just made is read first.</summary>
    /// <exception cref="ArgumentException">There is no such version; nothing was changed.</exception>
    ValueTask<ProjectView> ChangePlanAsync(string plan, int version, PlanChangeTime when, CancellationToken cancellation);
}
