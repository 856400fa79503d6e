namespace Metering.TestSupport.Memory;

/// <summary>A clock that stands still until it is advanced; due timers run on the thread that advances it, in order of their
/// times.</summary>
public sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private DateTimeOffset now = start;
    private TimeSpan jumped;

    /// <inheritdoc />
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
            return now;
    }

    /// <inheritdoc />
    public override long GetTimestamp()
    {
        lock (gate)
            return (now - jumped).UtcTicks;
    }

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>When the next timer is due, or null.</summary>
    public DateTimeOffset? NextTimer
    {
        get
        {
            lock (gate)
                return timers.Count == 0 ? null : timers.Min(timer => timer.Due);
        }
    }

    /// <summary>Goes forward, running each timer at its own time.</summary>
    public void Advance(TimeSpan by) => AdvanceTo(GetUtcNow() + by);

    /// <summary>Goes forward to a time, running each timer at its own time.</summary>
    public void AdvanceTo(DateTimeOffset time)
    {
        while (true)
        {
            ManualTimer? next;
            lock (gate)
            {
                next = timers.Where(timer => timer.Due <= time).MinBy(timer => timer.Due);
                if (next is null)
                {
                    now = time > now ? time : now;
                    return;
                }

                now = next.Due > now ? next.Due : now;
                next.Elapse();
            }

            next.Run();
        }
    }

    /// <summary>Sets the wall clock and leaves the monotonic one, by which timers run: as when somebody sets a machine's clock.</summary>
    public void Jump(TimeSpan by)
    {
        lock (gate)
        {
            now += by;
            jumped += by;
            foreach (ManualTimer timer in timers)
                timer.Shift(by);
        }
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan period;

        public DateTimeOffset Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            lock (time.gate)
            {
                time.timers.Remove(this);
                period = newPeriod;
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                Due = time.now + dueTime;
                time.timers.Add(this);
                return true;
            }
        }

        public void Shift(TimeSpan by) => Due += by;

        public void Elapse()
        {
            if (period > TimeSpan.Zero)
                Due += period;
            else
                time.timers.Remove(this);
        }

        public void Run() => callback(state);

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
