using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;

namespace Metering.Api.Tests.Support;

/// <summary>A project in memory that shows what a test puts into it.</summary>
internal sealed class FakeProject(ProjectEntry entry, TimeProvider time) : IProject
{
    private string plan = entry.Record.Plan;
    private int version = entry.Record.PlanVersion;
    private string? nextPlan;
    private int nextVersion;
    private long sequence;

    public List<MeterUsageView> Usage { get; } = [];

    public List<MeterUsageView> Totals { get; } = [];

    public List<LimitView> Limits { get; } = [];

    public CheckAnswer Check { get; set; } = new(EventCode.Accepted, Amount.Zero, []);

    /// <summary>The type of the last event that was asked about.</summary>
    public string? CheckedType { get; private set; }

    private Period Running
    {
        get
        {
            TimeZones.TryFind(entry.Customer.Record.TimeZone, out TimeZoneInfo? zone);
            return Calendar.BillingPeriodOf(Instant.FromDateTimeOffset(time.GetUtcNow()), zone!, 1);
        }
    }

    /// <summary>How often it was asked to open.</summary>
    public int Opened { get; private set; }

    public ValueTask OpenAsync(CancellationToken cancellation)
    {
        Opened++;
        return ValueTask.CompletedTask;
    }

    public ValueTask<ProjectView> ReadAsync(CancellationToken cancellation) => ValueTask.FromResult(new ProjectView(
        entry.Id, entry.Customer.Id, plan, version, nextPlan, nextVersion,
        Running.Start, Running.End, Usage, Totals, Limits, Amount.Zero, sequence));

    public ValueTask<CheckAnswer> CheckAsync(EventBatch? single, CancellationToken cancellation)
    {
        CheckedType = single is null ? null : System.Text.Encoding.UTF8.GetString(single.Slice(single[0].Type));
        return ValueTask.FromResult(Check);
    }

    public ValueTask<ProjectView> ChangePlanAsync(string newPlan, int newVersion, PlanChangeTime when, CancellationToken cancellation)
    {
        sequence++;
        if (when == PlanChangeTime.Now)
            (plan, version) = (newPlan, newVersion);
        else
            (nextPlan, nextVersion) = (newPlan, newVersion);
        return ReadAsync(cancellation);
    }
}
