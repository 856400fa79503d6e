using System.Text;
using Metering.Core.Money;
using Metering.Grid.History;
using Metering.Storage.Postgres.Projections;

namespace Metering.Storage.Postgres.History;

/// <summary>Adds up the hourly rows of a query and the changes of them that are not settled yet.</summary>
internal sealed class HourMerge(HourQuery query)
{
    private readonly HourNames names = new(query.Partition);
    private readonly HourTable hours = new();

    /// <summary>Whether there was no change at all.</summary>
    public bool IsEmpty => hours.Count == 0;

    public int Count => hours.Count;

    /// <summary>Adds the changes of a body, which may be about other customers, too.</summary>
    public void Add(byte[] body) => HourChanges.Read(body, names, hours);

    public void Add(UsageHourRow row, long latestSequence, int latestOrdinal)
    {
        var project = names.Project(Encoding.UTF8.GetBytes(query.CustomerId), Encoding.UTF8.GetBytes(row.ProjectId));
        var combination = names.Combination(Encoding.UTF8.GetBytes(row.Meter), Encoding.UTF8.GetBytes(row.Dimensions));
        hours.Row(project, combination, row.Start).Add(
            row.Sum.Nanos, row.Count, row.Max, row.Latest, (row.LatestTime, latestSequence, latestOrdinal), row.Credits.Nanos);
    }

    /// <summary>The rows the query asks for, in the order of the answer.</summary>
    public List<UsageHourRow> List()
    {
        var rows = new List<UsageHourRow>();
        foreach (ref readonly var row in hours.Rows)
        {
            if (IsWanted(row))
                rows.Add(new UsageHourRow(
                    row.Project.ProjectId, row.Combination.Meter, row.Combination.DimensionsText, row.Start, Amount.FromNanos(row.Sum),
                    row.Count, row.Max, row.Latest, row.LatestAt.Time, Amount.FromNanos(row.Credits)));
        }

        rows.Sort(Compare);
        return rows;
    }

    private bool IsWanted(in HourRow row) =>
        row.Start >= query.Start && row.Start < query.End && row.Project.CustomerId == query.CustomerId
        && (query.ProjectId is null || row.Project.ProjectId == query.ProjectId)
        && (query.Meters is null || query.Meters.Contains(row.Combination.Meter));

    private static int Compare(UsageHourRow left, UsageHourRow right)
    {
        var order = left.Start.CompareTo(right.Start);
        if (order == 0)
            order = CompareUtf8(left.Meter, right.Meter);
        if (order == 0)
            order = CompareUtf8(left.Dimensions, right.Dimensions);
        return order != 0 ? order : CompareUtf8(left.ProjectId, right.ProjectId);
    }

    // As PostgreSQL orders by the collation "C": by bytes of UTF-8, which beyond the basic plane differs from the order of UTF-16.
    private static int CompareUtf8(string left, string right) =>
        left == right ? 0 : Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));
}
