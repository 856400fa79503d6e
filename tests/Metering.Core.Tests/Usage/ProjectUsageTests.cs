using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Tests.Usage;

public sealed class ProjectUsageTests
{
    private static readonly Instant T = Instant.UnixEpoch;
    private static readonly string[] Dimensions = ["provider", "model"];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(40)]
    public void Project_is_read_as_it_was_written(int combinations)
    {
        ProjectUsage project = Project("c1");
        var amounts = new[] { Amount.One, Amount.FromNanos(long.MaxValue), Amount.FromNanos(7), Amount.FromWhole(1L << 50) };
        for (int i = 0; i < combinations * amounts.Length; i++)
        {
            Count(project, "sum", Aggregation.Sum, $"m{i % combinations}", amounts[i / combinations], i);
            Count(project, "unique", Aggregation.Unique, $"m{i % combinations}", Amount.Zero, i);
        }

        byte[] written = Bytes(project);
        ProjectUsage read = Read(written, new SharedKeys());
        Assert.Equal(written, Bytes(read));
        PeriodSegment segment = read.Newest.Segments.Single();
        Assert.All(segment.Meters, usage => Assert.Equal(combinations, usage.CombinationCount));
        Assert.Equal(combinations * amounts.Length, segment.Meters.Sum(usage => usage.Total.Unique));
        Amount sum = segment.Find("sum")?.Combinations.Aggregate(Amount.Zero, (all, each) => all + each.Usage.Sum) ?? Amount.Zero;
        Assert.Equal(amounts.Aggregate(Amount.Zero, (all, each) => all + each).Nanos * combinations, sum.Nanos);
        // What is read goes on counting like the original.
        foreach (ProjectUsage each in new[] { project, read })
            Count(each, "sum", Aggregation.Sum, "m0", Amount.One, -1);
        Assert.Equal(Bytes(project), Bytes(read));
    }

    [Fact]
    public void Projects_that_are_read_share_what_is_the_same()
    {
        ProjectUsage project = Project("c1");
        Count(project, "sum", Aggregation.Sum, "m1", Amount.One, 1);
        Count(project, "other", Aggregation.Sum, "m1", Amount.One, 1);
        var keys = new SharedKeys();
        byte[] written = Bytes(project);
        MeterUsage[] meters = [.. new[] { Read(written, keys), Read(written, keys) }.SelectMany(each => each.Newest.Segments[0].Meters)];
        Assert.All(meters, usage => Assert.Same(meters[0].DimensionNames, usage.DimensionNames));
        Assert.All(meters, usage => Assert.Same(meters[0].Combinations[0].Key, usage.Combinations[0].Key));
    }

    [Fact]
    public void Periods_are_forgotten_once_they_are_settled_and_old()
    {
        ProjectUsage project = Project("c1");
        for (int month = 1; month < 4; month++)
        {
            Instant start = project.Newest.Period.End;
            project.ApplyPeriodOpened(new Period(start, start + TimeSpan.FromDays(30)), start, month);
        }

        Instant[] starts = [.. project.Periods.Select(period => period.Period.Start)];
        foreach (Instant start in starts[..3])
            project.ApplyPeriodClosed(start, T);
        project.ApplyInvoiced(starts[0]);
        project.ApplyInvoiced(starts[2]);
        project.Forget(starts[2] + TimeSpan.FromDays(1));
        Assert.Equal(starts[1..], project.Periods.Select(period => period.Period.Start));
        project.Forget(Instant.MaxValue);
        Assert.Equal([starts[1], starts[3]], project.Periods.Select(period => period.Period.Start));
        Count(project, "sum", Aggregation.Sum, "m1", Amount.One, 1);
        Assert.Equal(1, project.PeriodAt(T).Late[0].Find("sum")!.Total.Count);
    }

    private static ProjectUsage Project(string id)
    {
        var project = new ProjectUsage(id, "plan", 1);
        project.ApplyPeriodOpened(new Period(T, T + TimeSpan.FromDays(30)), T, 1);
        return project;
    }

    private static void Count(ProjectUsage project, string meter, Aggregation aggregation, string model, Amount value, int number)
    {
        var key = new ByteWriter();
        DimensionKey.AppendMissing(key);
        DimensionKey.Append(key, System.Text.Encoding.UTF8.GetBytes(model));
        var counted = new CountedValue
        {
            Meter = meter, Aggregation = aggregation, DimensionNames = Dimensions, Dimensions = key.Span, Value = value,
            ValueHash = (UInt128)(number + 1),
        };
        project.ApplyCounted(counted, T + TimeSpan.FromSeconds(Math.Abs(number)), T);
    }

    private static byte[] Bytes(ProjectUsage project)
    {
        var writer = new ByteWriter();
        project.Write(writer);
        return writer.Span.ToArray();
    }

    private static ProjectUsage Read(byte[] bytes, SharedKeys keys)
    {
        var reader = new ByteReader(bytes);
        ProjectUsage read = ProjectUsage.Read(ref reader, "c1", keys);
        Assert.True(reader.IsAtEnd);
        return read;
    }
}
