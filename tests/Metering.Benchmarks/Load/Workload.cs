namespace Metering.Benchmarks.Load;

/// <summary>What became of an answer.</summary>
internal enum Verdict
{
    /// <summary>The request is done.</summary>
    Done,

    /// <summary>It has to be sent again, as it is.</summary>
    Again,
}

/// <summary>What a load generator sends, and what it makes of the answers. One thread calls it.</summary>
internal abstract class Workload(LoadSpec spec)
{
    protected LoadSpec Spec { get; } = spec;

    /// <summary>Events acknowledged so far, those sent again included.</summary>
    public long Events { get; protected set; }

    /// <summary>Events acknowledged so far, each once.</summary>
    public long EventsLogged { get; protected set; }

    public long Stale { get; protected set; }

    public virtual long NextEvent => Spec.FirstEvent;

    /// <summary>Whether reads have latencies of their own.</summary>
    public virtual bool HasReads => false;

    /// <summary>Renders the next request of a connection.</summary>
    /// <returns>False when there is none left.</returns>
    public abstract bool TryRender(LoadConnection connection);

    /// <summary>Takes an answer.</summary>
    public abstract Verdict Take(LoadConnection connection);

    /// <summary>Writes the log file.</summary>
    public virtual void WriteLog()
    {
    }

    /// <summary>Server busy or away: sending it again is safe.</summary>
    protected static bool IsRetry(int status) => status is 429 or >= 500;

    protected static InvalidOperationException Unexpected(LoadConnection connection) =>
        new($"{connection.Status}: {System.Text.Encoding.UTF8.GetString(connection.Body)}");
}
