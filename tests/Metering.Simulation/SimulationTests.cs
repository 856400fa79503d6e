using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Metering.Simulation.Storing;
using Xunit.Abstractions;

namespace Metering.Simulation;

public sealed class SimulationTests(ITestOutputHelper output)
{
    private const ulong FirstSeed = 20_250_131;
    private const int SeedsByDefault = 200;

    [Fact]
    public void Every_seed_keeps_every_promise()
    {
        ulong[] seeds = Seeds();
        var outcomes = new ConcurrentBag<Outcome>();
        var watch = Stopwatch.StartNew();
        Parallel.ForEach(
            seeds, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(2, Environment.ProcessorCount) },
                seed => outcomes.Add(Run.Of(seed)));
        double seconds = watch.Elapsed.TotalSeconds;
        string summary = Summary(outcomes, seconds);
        output.WriteLine(summary);
        Console.WriteLine(summary);
        Outcome[] failed = [.. outcomes.Where(outcome => outcome.Faults.Count > 0).OrderBy(outcome => outcome.Seed)];
        Assert.True(failed.Length == 0, $"{failed.Length} of {seeds.Length} seeds fail: "
            + string.Join(", ", failed.Select(outcome => outcome.Seed)) + "\n"
            + string.Join("\n\n", failed.Take(3).Select(outcome => $"METERING_SIM_SEED={outcome.Seed}\n" + string.Join("\n",
                outcome.Faults))));
    }

    [Fact]
    public void Same_seed_gives_the_same_trace()
    {
        for (ulong seed = FirstSeed; seed < FirstSeed + 5; seed++)
        {
            Outcome first = Run.Of(seed);
            Outcome second = Run.Of(seed);
            Assert.Equal((first.TraceHash, first.Steps, first.Attempts), (second.TraceHash, second.Steps, second.Attempts));
        }
    }

    private static ulong[] Seeds()
    {
        if (Environment.GetEnvironmentVariable("METERING_SIM_SEED") is { Length: > 0 } one)
            return [ulong.Parse(one, CultureInfo.InvariantCulture)];
        int count = Environment.GetEnvironmentVariable("METERING_SIM_SEEDS") is { Length: > 0 } many
            ? int.Parse(many, CultureInfo.InvariantCulture)
            : SeedsByDefault;
        ulong first = Environment.GetEnvironmentVariable("METERING_SIM_FIRST") is { Length: > 0 } start
            ? ulong.Parse(start, CultureInfo.InvariantCulture)
            : FirstSeed;
        return [.. Enumerable.Range(0, count).Select(each => first + (ulong)each)];
    }

    private static string Summary(IReadOnlyCollection<Outcome> outcomes, double seconds)
    {
        var injected = outcomes.SelectMany(outcome => outcome.Injected.Injected).GroupBy(pair => pair.Key, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => string.Create(
                CultureInfo.InvariantCulture, $"{group.Key} {(decimal)group.Sum(pair => pair.Value) / outcomes.Count:0.0}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{outcomes.Count} seeds in {seconds:0.0} s, {outcomes.Count / seconds:0.0} a second, "
            + $"{outcomes.Sum(outcome => outcome.Steps) / outcomes.Count} steps and "
            + $"{outcomes.Sum(outcome => outcome.Attempts) / outcomes.Count} requests a seed, "
            + $"{outcomes.Sum(outcome => outcome.Invoices)} invoices in all. "
            + $"Injected a seed: {string.Join(", ", injected)}");
    }
}
