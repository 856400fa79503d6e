namespace Metering.Benchmarks.Run;

/// <summary>What the clients of all jobs on one server were told: events and nano-credits by customer.</summary>
internal sealed class ClientLedger
{
    private readonly Dictionary<int, (long Events, long Nanos)> customers = [];

    public IReadOnlyDictionary<int, (long Events, long Nanos)> Customers => customers;

    /// <summary>Whole credits that each wallet was given.</summary>
    public Dictionary<int, long> Granted { get; } = [];

    public long Events { get; private set; }

    public void Add(int first, (long[] Counts, long[] Nanos) tally)
    {
        for (int i = 0; i < tally.Counts.Length; i++)
        {
            if (tally.Counts[i] == 0)
                continue;
            (long events, long nanos) = customers.GetValueOrDefault(first + i);
            customers[first + i] = (events + tally.Counts[i], nanos + tally.Nanos[i]);
            Events += tally.Counts[i];
        }
    }
}
