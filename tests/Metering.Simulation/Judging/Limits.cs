using System.Collections.Immutable;
using System.Numerics;
using Metering.Core.Time;
using Metering.Grid.Journal;
using Metering.Grid.Projects;
using Metering.Simulation.Load;

namespace Metering.Simulation.Judging;

/// <summary>Prices, worked out from the simulation's own figures.</summary>
internal static class Prices
{
    private static readonly BigInteger Unit = 1_000_000_000;

    /// <summary>What an event costs on a plan, in nano-credits, rounded half to even.</summary>
    public static BigInteger Of(PlanSpec plan, SentEvent sent)
    {
        if (sent.Type == "call")
            return plan.Call;
        BigInteger product = WalletModel.Nanos(sent.Quantity) * (sent.Model == "big" ? plan.BigToken : plan.OtherToken);
        BigInteger whole = BigInteger.DivRem(product, Unit, out BigInteger rest);
        int half = (rest * 2).CompareTo(Unit);
        return half > 0 || (half == 0 && !whole.IsEven) ? whole + 1 : whole;
    }
}

/// <summary>Projects: their plans, and what their limits have counted.</summary>
internal static class Limits
{
    /// <summary>What an event adds to a meter that is limited.</summary>
    public static BigInteger QuantityOf(SentEvent sent) => sent.Type == "call" ? 1_000_000_000 : WalletModel.Nanos(sent.Quantity);

    /// <summary>The limited meter that counts a type.</summary>
    public static string MeterOf(SentEvent sent) => sent.Type == "call" ? "calls" : "tokens";

    /// <summary>Counts an event and says which alerts must follow.</summary>
    public static (ImmutableDictionary<string, ProjectState> Projects, List<(string Meter, PeriodKind Kind, int Threshold)> Alerts) Count(
        ImmutableDictionary<string, ProjectState> projects, GroupReader entry, SentEvent sent, PlanSpec plan, Action<string> fault)
    {
        ProjectState project = projects[entry.ProjectId];
        string meter = MeterOf(sent);
        foreach (((string Meter, PeriodKind Kind) key, CounterState counter) in project.Counters.ToArray())
        {
            if (key.Meter != meter || !counter.Period.Contains(entry.At))
                continue;
            CounterState counted = counter with { Used = counter.Used + QuantityOf(sent) };
            project = project with { Counters = project.Counters.SetItem(key, counted) };
        }

        var alerts = new List<(string, PeriodKind, int)>();
        foreach (LimitSpec limit in plan.Limits.Where(limit => limit.Meter == meter))
        {
            if (!project.Counters.TryGetValue((meter, limit.Period), out CounterState? counter) || !counter.Period.Contains(entry.At))
            {
                fault($"{entry.ProjectId}: the limit of {meter} a {limit.Period} counts nothing");
                continue;
            }

            if (limit.Hard && counter.Used > limit.Max)
                fault($"{entry.ProjectId}: {counter.Used} of {meter} a {limit.Period} is past the hard limit {limit.Max}");
            alerts.AddRange(plan.Thresholds.Append(100)
                .Where(threshold => threshold > counter.Raised && counter.Used * 100 >= (BigInteger)limit.Max * threshold)
                .Select(threshold => (meter, limit.Period, threshold)));
        }

        return (projects.SetItem(entry.ProjectId, project), alerts);
    }

    /// <summary>Takes an entry about a project other than an event.</summary>
    public static ImmutableDictionary<string, ProjectState> ApplyProject(
        ImmutableDictionary<string, ProjectState> projects, GroupReader entry, Action<string> fault)
    {
        if (entry.Kind == EntryKind.ProjectOpened)
        {
            if (projects.ContainsKey(entry.ProjectId))
                fault($"project {entry.ProjectId} is opened twice");
            return projects.SetItem(
                entry.ProjectId,
                new ProjectState(entry.Plan, entry.PlanVersion, null, 0, ImmutableDictionary<(string, PeriodKind), CounterState>.Empty));
        }

        ProjectState project = projects[entry.ProjectId];
        switch (entry.Kind)
        {
            case EntryKind.PlanChanged when entry.When == PlanChangeTime.Now:
                project = project with { Plan = entry.Plan, Version = entry.PlanVersion, Next = null, NextVersion = 0 };
                project = project.PricedFrom(entry.At);
                break;
            case EntryKind.PlanChanged:
                project = project with { Next = entry.Plan, NextVersion = entry.PlanVersion };
                break;
            case EntryKind.PeriodOpened:
                if (project.Next is not null)
                    project = project with { Plan = project.Next, Version = project.NextVersion, Next = null, NextVersion = 0 };
                project = project.PricedFrom(entry.SegmentStart);
                break;
            case EntryKind.LimitOpened:
                project = Open(project, entry, fault);
                break;
            case EntryKind.AlertRaised:
                var key = (entry.Meter, entry.PeriodKind);
                project = project with { Counters = project.Counters.SetItem(key,
                    project.Counters[key] with { Raised = entry.Threshold }) };
                break;
            default:
                break;
        }

        return projects.SetItem(entry.ProjectId, project);
    }

    private static ProjectState Open(ProjectState project, GroupReader entry, Action<string> fault)
    {
        var key = (entry.Meter, entry.PeriodKind);
        if (!entry.Period.Contains(entry.At))
            fault($"a limit's period {entry.Period} is opened at {entry.At}");
        if (project.Counters.TryGetValue(key, out CounterState? before) && before.Period.End > entry.Period.Start)
            fault($"a limit's period {entry.Period} begins before the last one, {before.Period}, is over");
        return project with { Counters = project.Counters.SetItem(key, new CounterState(entry.Period, 0, 0)) };
    }
}
