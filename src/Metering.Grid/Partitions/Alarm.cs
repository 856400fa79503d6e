using Metering.Core.Time;

namespace Metering.Grid.Partitions;

/// <summary>Wakes one loop at the earliest of the times it was asked for. Setting it is cheap when it is set earlier already.</summary>
internal sealed class Alarm : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private TaskCompletionSource? waiter;
    private Instant at = Instant.MaxValue;
    private bool rung;

    public Alarm(TimeProvider time)
    {
        this.time = time;
        timer = time.CreateTimer(static state => ((Alarm)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Rings no later than a time.</summary>
    public void SetNoLaterThan(Instant when)
    {
        if (when >= at)
            return;
        lock (gate)
        {
            if (when >= at || rung)
                return;
            at = when;
            Arm();
        }
    }

    /// <summary>Rings now.</summary>
    public void Ring()
    {
        lock (gate)
            RingLocked();
    }

    /// <summary>Ends when it rings, which also clears it. Only one may wait at a time.</summary>
    public Task WaitAsync()
    {
        lock (gate)
        {
            if (rung)
            {
                rung = false;
                return Task.CompletedTask;
            }

            waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return waiter.Task;
        }
    }

    public void Dispose() => timer.Dispose();

    private void OnTimer()
    {
        lock (gate)
        {
            if (at > Instant.FromDateTimeOffset(time.GetUtcNow()))
                Arm();
            else
                RingLocked();
        }
    }

    private void Arm()
    {
        TimeSpan wait = at - Instant.FromDateTimeOffset(time.GetUtcNow());
        if (wait <= TimeSpan.Zero)
            RingLocked();
        else if (at < Instant.MaxValue)
            timer.Change(wait < LongestWait ? wait : LongestWait, Timeout.InfiniteTimeSpan);
    }

    private void RingLocked()
    {
        at = Instant.MaxValue;
        if (waiter is null)
        {
            rung = true;
            return;
        }

        waiter.SetResult();
        waiter = null;
    }
}
