using System.Collections.Concurrent;
using Metering.Grid.Storage;

namespace Metering.Orleans.Ownership;

/// <summary>
/// Asks every shard for its clock, every second, and knows for how long none of them has answered this silo. A network that goes silent is
/// noticed so, long before the commands under way have timed out one after the other.
/// </summary>
/// <remarks>
/// A question without an answer is never waited for and never cancelled: a driver may block to send the cancellation. After some seconds
/// the shard is asked once more beside it, by another connection, so that the end of a silence is noticed as soon.
/// </remarks>
internal sealed class DatabaseContact
{
    /// <summary>How often a shard that answers is asked.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Without any answer for so long, there is no contact. Well below the time after which a silo without contact leaves: when
    /// the databases are away for all silos, all have to know it before one draws conclusions.</summary>
    public static readonly TimeSpan Lost = TimeSpan.FromSeconds(2.5);

    /// <summary>After so long, a shard that has not answered is asked once more.</summary>
    public static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<string, IShardStore> shards;
    private readonly Dictionary<string, (Task Answer, long At)> asked = new(StringComparer.Ordinal);
    private readonly TimeProvider time;
    // 0 until it has begun to ask.
    private long answeredAt;

    public DatabaseContact(IEnumerable<IShardStore> shards, TimeProvider time)
    {
        this.shards = new(shards.Select(shard => KeyValuePair.Create(shard.Name, shard)), StringComparer.Ordinal);
        this.time = time;
    }

    /// <summary>Whether any shard has answered lately; true until it has begun to ask.</summary>
    public bool IsThere => Volatile.Read(ref answeredAt) is var at && (at == 0 || time.GetElapsedTime(at) < Lost);

    /// <summary>Asks this one, too.</summary>
    public void Add(IShardStore shard) => shards[shard.Name] = shard;

    /// <summary>Asks until it is to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        Volatile.Write(ref answeredAt, time.GetTimestamp());
        while (!stop.IsCancellationRequested)
        {
            AskAll();
            await Task.Delay(Interval, time, stop)
                .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    /// <summary>Asks every shard that is not being asked already. By one caller at a time.</summary>
    public void AskAll()
    {
        foreach ((string name, IShardStore shard) in shards)
        {
            if (!asked.TryGetValue(name, out var last) || last.Answer.IsCompleted || time.GetElapsedTime(last.At) >= AskAgain)
                asked[name] = (Task.Run(() => AskAsync(shard), CancellationToken.None), time.GetTimestamp());
        }
    }

    private async Task AskAsync(IShardStore shard)
    {
        try
        {
            await shard.ReadClockAsync(CancellationToken.None);
            Volatile.Write(ref answeredAt, time.GetTimestamp());
        }
        catch (Exception)
        {
            // Whatever it was: there was no answer. Those who need the shard tell of it.
        }
    }
}
