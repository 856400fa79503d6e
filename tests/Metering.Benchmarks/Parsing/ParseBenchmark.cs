using System.Diagnostics;
using System.Globalization;
using System.Text;
using Metering.Api.Events;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.TestSupport;

namespace Metering.Benchmarks.Parsing;

/// <summary>What reading an event costs: one core, no server, bodies of one, a hundred and a thousand events with the shipped
/// catalogue.</summary>
internal static class ParseBenchmark
{
    private const int EventsARun = 4_000;
    private const int Runs = 400;

    /// <summary>Prints the best of many short runs, so that a busy machine disturbs least: nanoseconds and allocated bytes.</summary>
    public static int Run()
    {
        CatalogSnapshot catalog = Load();
        Console.WriteLine("events a body   bytes an event   ns an event   bytes allocated a body");
        foreach (int count in new[] { 1, 100, 1_000 })
        {
            byte[] body = Body(count);
            int rounds = EventsARun / count;
            double best = double.MaxValue;
            long allocated = 0;
            for (int run = 0; run < Runs; run++)
            {
                long bytes = GC.GetAllocatedBytesForCurrentThread();
                long started = Stopwatch.GetTimestamp();
                for (int round = 0; round < rounds; round++)
                    ReadOnce(body, count, catalog);
                best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalNanoseconds / ((double)rounds * count));
                allocated = (GC.GetAllocatedBytesForCurrentThread() - bytes) / rounds;
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{count,13}   {body.Length / count,14}   {best,11:F0}   {allocated,22}"));
        }

        return 0;
    }

    private static void ReadOnce(byte[] body, int count, CatalogSnapshot catalog)
    {
        using EventBatch batch = EventBatch.Rent(body.Length, count);
        ReadOutcome outcome = EventReader.ReadCloudEvents(batch, batch.Append(body), catalog, 10_000);
        if (outcome.Faults is not null || batch.Count != count)
            throw new InvalidOperationException("The benchmark's events are malformed.");
    }

    private static byte[] Body(int count)
    {
        IEnumerable<string> events = Enumerable.Range(0, count).Select(i => $$"""
            {"specversion":"1.0","id":"{{Guid.CreateVersion7()}}","source":"/chat","type":"TOKEN_USAGE","subject":"customer-{{i % 100}}",
            "time":"2025-01-17T14:30:00.123Z","data":{
            "provider":"OPENAI","model":"gpt-4-turbo","input_tokens":{{1_000 + i}},"output_tokens":{{500 + i}} } }
            """);
        return Encoding.UTF8.GetBytes($"[{string.Join(",", events)}]");
    }

    private static CatalogSnapshot Load()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(Repository.Root, "silo-config", "catalog", "llm.json"));
        if (!CatalogJson.TryReadCatalogue(file, new Dictionary<MeterId, Meter>(), out Catalogue? catalogue, out _))
            throw new InvalidOperationException("The shipped catalogue is not valid.");
        return new CatalogSnapshot(new CatalogRecord([.. catalogue.Meters], [.. catalogue.Plans]));
    }
}
