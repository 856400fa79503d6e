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

    /// <summary>The ids of all events that were asked about.</summary>
    public List<string> CheckedIds { get; } = [];

    /// <summary>The last event that was asked about, as <c>source subject: property=text ...</c>.</summary>
    public string? CheckedEvent { get; private set; }

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
        CheckedType = single is null ? null : TextOf(single, single[0].Type);
        if (single is not null)
        {
            CheckedIds.Add(TextOf(single, single[0].Id));
            string values = single[0].Shape is not { } shape ? "" : string.Join(' ', shape.Properties.Select((property, index) =>
                $"{property.Name}={TextOf(single, single.Values(in single[0])[index].Text)}"));
            CheckedEvent = $"{TextOf(single, single[0].Source)} {TextOf(single, single[0].Subject)} {single[0].Project?.Id}: {values}";
        }

        return ValueTask.FromResult(Check);
    }

    private static string TextOf(EventBatch batch, TextSlice slice) => System.Text.Encoding.UTF8.GetString(batch.Slice(slice));

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
