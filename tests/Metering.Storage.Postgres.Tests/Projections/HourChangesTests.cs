using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Storage.Postgres.Projections;

namespace Metering.Storage.Postgres.Tests.Projections;

public sealed class HourChangesTests
{
    // Changes wait in the database while the program is replaced: what an earlier one wrote stays readable.
    private const string Sample =
        "0100016300000563616C6C73027B7D80C0F0E6B4F9950600000880DCDFCC07050200016305632F61707000047065616B0E7B226D6F6465"
        + "6C223A226D31227D00030300E003C0024801AC0200010000003086FF5EC086A389F9FFFFFFFF0102FF8F9DE91A0200380A06010010E7CE"
        + "20F5";

    [Fact]
    public void Rows_come_back_as_they_were_however_large()
    {
        var random = new Random(3);
        var projects = Enumerable.Range(0, 40)
            .Select(number => Project($"c{number}", number % 3 == 0 ? $"c{number}/app" : $"c{number}")).ToList();
        var combinations = Enumerable.Range(0, 5)
            .Select(number => new Combination($"m{number}", "{\"a\":\"b\"}"u8.ToArray(), number)).ToList();
        var numbered = new List<UsageProject>();
        var hours = new HourTable();
        for (var i = 0; i < 5000; i++)
        {
            var project = projects[random.Next(projects.Count)];
            project.Join(numbered);
            var value = Amount.FromNanos(random.Next(4) == 0 ? Amount.MaxNanos : random.NextInt64());
            hours.Row(project, combinations[random.Next(5)], Start(random.Next(-3, 3)))
                .Add(
                    random.Next(2) == 0 ? value : -value, random.Next(2) == 0 ? value : Amount.Zero, Start(random.Next(9)), i,
                    random.Next(99));
        }

        // The first column of each row of the copy is the partition, the last the body.
        var rows = new HourChangeRows().Make(hours, new Dictionary<int, long> { [7] = 12 });
        var (read, names) = (new HourTable(), new HourNames(7));
        foreach (var body in Bodies(rows.Memory.Span))
            HourChanges.Read(body, names, read);
        Assert.Equal(Lines(hours), Lines(read));
    }

    [Fact]
    public void Sample_of_version_1_stays_readable()
    {
        var hours = new HourTable();
        HourChanges.Read(Convert.FromHexString(Sample), new HourNames(7), hours);
        Assert.Equal(
            [
                "c c calls {} 2025-01-17T12:00:00Z 1000000000 1 1 1 2025-01-17T12:17:00Z 5 2 0",
                "c c peak {\"model\":\"m1\"} 2025-01-17T11:00:00Z 7000000000 1 7 7 2025-01-17T11:00:00.000005Z 6 1 2000000000",
                "c c/app peak {\"model\":\"m1\"} 2025-01-17T12:00:00Z 60000000000 3 40 9 2025-01-17T11:59:59.999999Z 300 0 "
                    + "-2000000000000000000000000000",
            ],
            Lines(hours));
    }

    [Fact]
    public void Damaged_and_foreign_bodies_are_refused()
    {
        var good = Convert.FromHexString(Sample);
        for (var i = 0; i < good.Length; i++)
        {
            var bad = (byte[])good.Clone();
            bad[i] ^= 1;
            Assert.Throws<CorruptDataException>(() => HourChanges.Read(bad, new HourNames(7), new HourTable()));
            Assert.Throws<CorruptDataException>(() => HourChanges.Read(good[..i], new HourNames(7), new HourTable()));
        }
    }

    private static UsageProject Project(string customer, string project)
    {
        var (owner, own) = UsageProject.Ids(System.Text.Encoding.UTF8.GetBytes(customer), System.Text.Encoding.UTF8.GetBytes(project));
        return new UsageProject(7, owner, own);
    }

    private static Instant Start(int hours) => JournalMaker.Start + TimeSpan.FromHours(hours);

    private static List<byte[]> Bodies(ReadOnlySpan<byte> rows)
    {
        var bodies = new List<byte[]>();
        while (!rows.IsEmpty)
        {
            // Columns, then each its length before it: int, int, bigint, body.
            rows = rows[(2 + 8 + 8 + 12)..];
            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(rows);
            bodies.Add(rows.Slice(4, length).ToArray());
            rows = rows[(4 + length)..];
        }

        return bodies;
    }

    private static List<string> Lines(HourTable hours)
    {
        var lines = new List<string>();
        foreach (ref readonly var row in hours.Rows)
            lines.Add(
                $"{row.Project.CustomerId} {row.Project.ProjectId} {row.Combination.Meter} {row.Combination.DimensionsText} "
                + $"{row.Start} {row.Sum} {row.Count} {row.Max} {row.Latest} {row.LatestAt.Time} {row.LatestAt.Sequence} "
                + $"{row.LatestAt.Ordinal} {row.Credits}");
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }
}
