using Metering.Grid.Storage;

namespace Metering.Grid.Partitions;

/// <summary>
/// Reads checkpoints of buckets for all partitions of a shard. What is asked for while a query is in flight is one query together
/// afterwards.
/// </summary>
internal sealed class BucketLoader(IShardStore store)
{
    private const int KeysPerQuery = 512;

    private readonly Lock gate = new();
    private List<Request> waiting = [];
    private bool running;

    /// <summary>The saved checkpoints of some buckets of a partition; one that was never saved is left out.</summary>
    public Task<IReadOnlyList<BucketRow>> LoadAsync(int partition, IReadOnlyList<int> buckets)
    {
        var request = new Request(partition, buckets);
        lock (gate)
        {
            waiting.Add(request);
            if (running)
                return request.Done.Task;
            running = true;
        }

        _ = PumpAsync();
        return request.Done.Task;
    }

    private async Task PumpAsync()
    {
        while (true)
        {
            List<Request> taken;
            lock (gate)
            {
                if (waiting.Count == 0)
                {
                    running = false;
                    return;
                }

                taken = waiting;
                waiting = [];
            }

            await LoadAsync(taken);
        }
    }

    private async Task LoadAsync(List<Request> requests)
    {
        try
        {
            var rows = new List<BucketRow>();
            foreach (BucketKey[] keys in requests.SelectMany(request => request.Keys).Distinct().Chunk(KeysPerQuery))
                rows.AddRange(await store.ReadBucketsAsync(keys, CancellationToken.None));
            var byKey = rows.ToDictionary(row => new BucketKey(row.Partition, row.Bucket));
            foreach (Request request in requests)
            {
                BucketRow[] found = [.. request.Keys.Where(byKey.ContainsKey).Select(key => byKey[key])];
                request.Done.SetResult(found);
            }
        }
        catch (Exception exception)
        {
            foreach (Request request in requests)
                request.Done.TrySetException(exception);
        }
    }

    private sealed class Request(int partition, IReadOnlyList<int> buckets)
    {
        public TaskCompletionSource<IReadOnlyList<BucketRow>> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IEnumerable<BucketKey> Keys => buckets.Select(bucket => new BucketKey(partition, bucket));
    }
}
