using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Server.Client;

namespace Metering.Server.Replay;

/// <summary>
/// A file of usage, looked through once: every row is known to be well-formed. Events have ids from row numbers and their source from
/// the file's SHA-256 digest, so the same file is the same events wherever and whenever it is replayed.
/// </summary>
internal sealed class Trace
{
    private readonly ReplayPlan plan;
    private readonly int timeIndex;
    private readonly (string Property, int Index)[] mapped;

    private Trace(ReplayPlan plan, string digest, IReadOnlyList<string> header)
    {
        this.plan = plan;
        Source = "urn:sha256:" + digest;
        string[] names = [.. header.Select(name => name.Trim().TrimStart('\uFEFF'))];
        timeIndex = Column(names, plan.TimeColumn);
        mapped = [.. plan.Map.Select(pair => (pair.Key, Column(names, pair.Value)))];
        Totals = new Amount[mapped.Length];
    }

    /// <summary>The source of all events.</summary>
    public string Source { get; }

    /// <summary>Data rows.</summary>
    public long Rows { get; private set; }

    /// <summary>The earliest time.</summary>
    public Instant First { get; private set; } = Instant.MaxValue;

    /// <summary>The latest time.</summary>
    public Instant Last { get; private set; } = Instant.MinValue;

    /// <summary>The sums of the mapped columns, in their order; a cell that is no number counts as nothing.</summary>
    public Amount[] Totals { get; }

    /// <summary>Looks through the file.</summary>
    /// <exception cref="FormatException">A column is missing or a row is malformed; the message names it.</exception>
    public static Trace Open(ReplayPlan plan)
    {
        using FileStream file = File.OpenRead(plan.File);
        string digest = Convert.ToHexStringLower(SHA256.HashData(file));
        file.Position = 0;
        var rows = new CsvReader(new StreamReader(file));
        IReadOnlyList<string> header = rows.Read() ?? throw new FormatException($"{plan.File} is empty");
        var trace = new Trace(plan, digest, header);
        while (rows.Read() is { } row)
            trace.Count(row);
        return trace.Rows > 0 ? trace : throw new FormatException($"{plan.File} has a header and no rows");
    }

    /// <summary>The events, their times moved by a span.</summary>
    public IEnumerable<UsageEvent> Events(TimeSpan move)
    {
        using var reader = new StreamReader(plan.File);
        var rows = new CsvReader(reader);
        rows.Read();
        long number = 0;
        while (rows.Read() is { } row)
        {
            number++;
            var data = new EventProperty[plan.Constants.Count + mapped.Length];
            for (int index = 0; index < mapped.Length; index++)
                data[index] = Property(mapped[index].Property, row[mapped[index].Index]);
            for (int index = 0; index < plan.Constants.Count; index++)
                data[mapped.Length + index] = Property(plan.Constants[index].Key, plan.Constants[index].Value);
            yield return new UsageEvent($"row-{number}", Source, plan.Type, plan.Customer, ReadTime(row[timeIndex], number) + move, data);
        }
    }

    private void Count(IReadOnlyList<string> row)
    {
        Rows++;
        int needed = Math.Max(timeIndex, mapped.Select(item => item.Index).DefaultIfEmpty(0).Max());
        if (row.Count <= needed)
            throw new FormatException($"row {Rows} has {row.Count} fields, {needed + 1} are needed");
        Instant at = ReadTime(row[timeIndex], Rows);
        First = at < First ? at : First;
        Last = at > Last ? at : Last;
        for (int index = 0; index < mapped.Length; index++)
        {
            if (IsNumber(row[mapped[index].Index], out Amount number))
                Totals[index] += number;
        }
    }

    private static EventProperty Property(string name, string cell)
    {
        cell = cell.Trim();
        return new EventProperty(name, cell, IsNumber(cell, out _));
    }

    private static bool IsNumber(string cell, out Amount number) =>
        AmountParse.JsonNumber(Encoding.UTF8.GetBytes(cell.Trim()), out number) == ParseStatus.Ok;

    private static Instant ReadTime(string cell, long row)
    {
        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal | DateTimeStyles.AllowWhiteSpaces;
        return DateTimeOffset.TryParse(cell, CultureInfo.InvariantCulture, utc, out DateTimeOffset time)
            ? Instant.FromDateTimeOffset(time)
            : throw new FormatException($"row {row}: '{cell}' is no time");
    }

    private static int Column(string[] header, string name)
    {
        int index = Array.FindIndex(header, column => string.Equals(column, name, StringComparison.OrdinalIgnoreCase));
        return index >= 0 ? index : throw new FormatException($"there is no column '{name}'; the columns are {string.Join(", ", header)}");
    }
}
