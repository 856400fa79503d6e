using System.Diagnostics;

namespace Metering.Benchmarks.Load;

/// <summary>
/// Drives all connections on one thread. Closed loop: each connection sends when its last answer is there. Open loop: requests have fixed
/// times; one that finds no free
/// connection waits, and its latency counts from the time it was meant to be sent.
/// </summary>
internal sealed class LoadLoop : IDisposable
{
    private static readonly long _retryAfter = Stopwatch.Frequency / 200;
    private readonly LoadSpec spec;
    private readonly Workload workload;
    private readonly Epoll epoll = new();
    private readonly LoadConnection[] connections;
    private readonly Stack<LoadConnection> idle = [];
    private readonly Queue<(long At, LoadConnection Connection)> again = [];
    private readonly Dictionary<int, long> statuses = [];
    private readonly Latencies latencies = new();
    private readonly Latencies reads = new();
    private readonly long begin;
    private readonly long end;
    private long due;
    private long retries;
    private long requests;
    private long sent;
    private long backlog;
    private int open;
    private bool exhausted;

    public LoadLoop(LoadSpec spec, Workload workload)
    {
        this.spec = spec;
        this.workload = workload;
        connections = [.. Enumerable.Range(0, spec.Connections).Select(number => new LoadConnection(number, spec.Port, epoll))];
        foreach (LoadConnection connection in connections.Reverse())
            idle.Push(connection);
        long now = Stopwatch.GetTimestamp();
        due = now;
        begin = now + (long)(spec.WarmupSeconds * Stopwatch.Frequency);
        end = spec.Kind is LoadKind.Grant or LoadKind.Balance ? long.MaxValue : begin + (long)(spec.Seconds * Stopwatch.Frequency);
    }

    /// <summary>Runs the job.</summary>
    /// <param name="onBegin">Called when the measured time begins.</param>
    /// <param name="onEnd">Called when it ends, before the last answers are waited for.</param>
    public LoadResult Run(Action onBegin, Action onEnd)
    {
        long eventsAtBegin = 0;
        TimeSpan processor = default;
        long began = 0;
        LoadResult? result = null;
        while (true)
        {
            long now = Stopwatch.GetTimestamp();
            if (began == 0 && now >= begin)
            {
                began = now;
                (requests, eventsAtBegin, processor) = (0, workload.Events, Environment.CpuUsage.TotalTime);
                onBegin();
            }

            if (result is null && (now >= end || IsFinished))
            {
                result = new LoadResult
                {
                    Seconds = Stopwatch.GetElapsedTime(began, now).TotalSeconds,
                    Requests = requests,
                    Events = workload.Events - eventsAtBegin,
                    ProcessorSeconds = (Environment.CpuUsage.TotalTime - processor).TotalSeconds,
                };
                onEnd();
                exhausted = true;
                backlog = spec.Rate == 0 ? 0 : Math.Max(0, ((end - due) * spec.Rate / Stopwatch.Frequency));
            }

            if (IsFinished && result is not null)
                return Finish(result);
            Send(now);
            Receive(now >= begin);
        }
    }

    public void Dispose()
    {
        foreach (LoadConnection connection in connections)
            connection.Dispose();
        epoll.Dispose();
    }

    private bool IsFinished => exhausted && open == 0;

    private LoadResult Finish(LoadResult result) => result with
    {
        EventsLogged = workload.EventsLogged,
        Statuses = statuses,
        Retries = retries,
        Stale = workload.Stale,
        NextEvent = workload.NextEvent,
        Backlog = backlog,
        Latency = latencies.Figures(),
        ReadLatency = workload.HasReads ? reads.Figures() : null,
    };

    private void Send(long now)
    {
        while (again.TryPeek(out (long At, LoadConnection Connection) first) && first.At <= now)
            again.Dequeue().Connection.Begin();
        while (!exhausted && idle.Count > 0 && (spec.Rate == 0 || due <= now))
            Issue(idle.Pop(), now);
    }

    private void Issue(LoadConnection connection, long now)
    {
        if ((spec.RequestsMax > 0 && sent >= spec.RequestsMax) || !workload.TryRender(connection))
        {
            exhausted = true;
            idle.Push(connection);
            return;
        }

        sent++;
        open++;
        connection.MeantAt = now;
        if (spec.Rate > 0)
        {
            connection.MeantAt = due;
            due += Stopwatch.Frequency / spec.Rate;
        }

        connection.Begin();
    }

    private void Receive(bool isMeasured)
    {
        // A millisecond is the resolution of the open loop, and charged to the server: latencies count from the time meant.
        int ready = epoll.Wait(spec.Rate > 0 || again.Count > 0 ? 1 : 100);
        for (int i = 0; i < ready; i++)
        {
            LoadConnection connection = connections[epoll.Number(i)];
            if (connection.Advance())
                Take(connection, isMeasured);
        }
    }

    private void Take(LoadConnection connection, bool isMeasured)
    {
        long now = Stopwatch.GetTimestamp();
        statuses[connection.Status] = statuses.GetValueOrDefault(connection.Status) + 1;
        bool isRead = connection.IsRead && workload.HasReads;
        if (workload.Take(connection) == Verdict.Again)
        {
            retries++;
            again.Enqueue((now + _retryAfter, connection));
            return;
        }

        open--;
        requests++;
        if (isMeasured)
            (isRead ? reads : latencies).Record((now - connection.MeantAt) * 1_000_000 / Stopwatch.Frequency);
        if (spec.Rate == 0 && !exhausted && now < end)
            Issue(connection, now);
        else
            idle.Push(connection);
    }
}
