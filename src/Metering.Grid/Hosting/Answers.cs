using Metering.Core.Usage;
using Metering.Grid.Ingest;

namespace Metering.Grid.Hosting;

/// <summary>Answers to requests of events, the same from every engine.</summary>
public static class Answers
{
    /// <summary>Makes the answer of a request that was decided.</summary>
    /// <param name="batch">The request.</param>
    /// <param name="results">One result an event.</param>
    /// <param name="balances">One an event: each wallet's at the first event that touched it, the others blank.</param>
    /// <param name="status">Where the results are counted.</param>
    public static IngestAnswer Merge(
        EventBatch batch, EventResult[] results, ReadOnlySpan<CustomerBalance> balances, EngineStatus status)
    {
        int accepted = 0;
        int duplicates = 0;
        foreach (ref readonly EventResult result in results.AsSpan())
        {
            if (result.Code == EventCode.Accepted)
                accepted++;
            else if (result.Code == EventCode.Duplicate)
                duplicates++;
        }

        Interlocked.Add(ref status.EventsReceived, results.Length);
        if (accepted > 0)
            Interlocked.Add(ref status.EventsAccepted, accepted);
        if (duplicates > 0)
            Interlocked.Add(ref status.EventsDuplicate, duplicates);
        if (accepted + duplicates < results.Length)
            Interlocked.Add(ref status.EventsRejected, results.Length - accepted - duplicates);
        bool shown = batch.WantsBalances || accepted + duplicates < results.Length;
        return new IngestAnswer(IngestStatus.Decided, results, shown ? Touched(balances) : []);
    }

    /// <summary>The balances that are there: each wallet's stands at the first event that touched it.</summary>
    private static List<CustomerBalance> Touched(ReadOnlySpan<CustomerBalance> balances)
    {
        var touched = new List<CustomerBalance>();
        foreach (ref readonly CustomerBalance balance in balances)
        {
            if (balance.CustomerId is not null)
                touched.Add(balance);
        }

        return touched;
    }
}
