using System.Globalization;
using System.Diagnostics;
using Metering.Benchmarks.Load;
using Metering.Core.Money;
using Metering.Core.Usage;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Benchmarks;

/// <summary>Token usage of language models as batches, without HTTP: seeded, with distinct ids.</summary>
internal static class LlmLoad
{
    /// <summary>The id of a benchmark customer.</summary>
    public static string CustomerId(int number) => string.Create(CultureInfo.InvariantCulture, $"c{number:D6}");

    /// <summary>Sends events, a few batches at a time, spread evenly over the customers.</summary>
    /// <param name="directory">The customers.</param>
    /// <param name="engine">Takes them.</param>
    /// <param name="events">How many.</param>
    /// <param name="batchSize">Events of a batch.</param>
    /// <param name="customers">Over how many customers.</param>
    /// <param name="firstId">The number of the first event: no two have the same id.</param>
    /// <param name="latencies">Where the time that each batch took is noted; null for nowhere.</param>
    /// <returns>How many were accepted.</returns>
    public static async Task<long> SendAsync(
        IDirectory directory, IMeteringEngine engine, int events, int batchSize, int customers, int firstId = 0,
        Latencies? latencies = null)
    {
        const int batchesAtOnce = 8;
        long accepted = 0;
        await Parallel.ForAsync(
            0, (events + batchSize - 1) / batchSize, new ParallelOptions { MaxDegreeOfParallelism = batchesAtOnce },
            async (number, cancellation) =>
            {
                int first = number * batchSize;
                using EventBatch batch = Make(directory.Catalog, firstId + first, Math.Min(batchSize, events - first), customers);
                await directory.ResolveAsync(batch, cancellation);
                long sent = Stopwatch.GetTimestamp();
                IngestAnswer answer = await engine.IngestAsync(batch, cancellation);
                if (latencies is not null)
                {
                    lock (latencies)
                        latencies.Record((long)Stopwatch.GetElapsedTime(sent).TotalMicroseconds);
                }

                Interlocked.Add(ref accepted, answer.Results.Count(result => result.Code == EventCode.Accepted));
            });
        return accepted;
    }

    private static EventBatch Make(CatalogSnapshot catalog, int first, int count, int customers)
    {
        EventShape shape = catalog.FindShape("TOKEN_USAGE"u8) ?? throw new InvalidOperationException("The catalogue has no TOKEN_USAGE.");
        EventBatch batch = EventBatch.Rent(count * 96, count);
        var random = new Random(first);
        TextSlice source = batch.Append("benchmark"u8);
        TextSlice type = batch.Append("TOKEN_USAGE"u8);
        TextSlice provider = batch.Append("OPENAI"u8);
        TextSlice model = batch.Append("gpt-4-turbo"u8);
        Span<byte> id = stackalloc byte[36];
        for (int i = 0; i < count; i++)
        {
            ref ParsedEvent item = ref batch[batch.AddEvent()];
            new Guid(first + i, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]).TryFormat(id, out _);
            item.Id = batch.Append(id);
            item.Source = source;
            item.Type = type;
            item.Subject = batch.Append(System.Text.Encoding.UTF8.GetBytes(CustomerId(random.Next(customers))));
            item.Digest = (ulong)random.NextInt64();
            item.Shape = shape;
            item.FirstValue = batch.AddValues(shape.Properties.Length);
            Fill(batch, item, random, provider, model);
        }

        return batch;
    }

    private static void Fill(EventBatch batch, in ParsedEvent item, Random random, TextSlice provider, TextSlice model)
    {
        Span<PropertyValue> values = batch.Values(item);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = item.Shape!.Properties[i].Name switch
            {
                "input_tokens" => Number(random.Next(50, 8_000)),
                "output_tokens" => Number(random.Next(5, 1_000)),
                "provider" => new PropertyValue { Kind = PropertyKind.Text, Text = provider },
                "model" => new PropertyValue { Kind = PropertyKind.Text, Text = model },
                _ => default,
            };
        }
    }

    private static PropertyValue Number(int value) => new() { Kind = PropertyKind.Number, Number = Amount.FromWhole(value) };
}
