namespace Metering.Scenarios.Support;

/// <summary>
/// A wall clock that stands still until a test moves it on, so that what is prorated by the second is known beforehand. Timestamps and
/// intervals run in real time.
/// </summary>
/// <remarks>
/// A timer that is made unarmed and armed later waits for a point of wall time, as the alarm of a partition does: it rings when the clock
/// is moved past it. Every other timer is an interval.
/// </remarks>
/// <param name="start">The time that it begins at.</param>
/// <param name="moved">Told of every move before it has an effect here: where others have to have the time first.</param>
internal sealed class BillingClock(DateTimeOffset start, Action<DateTimeOffset>? moved = null) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<WallTimer> timers = [];
    private DateTimeOffset now = start;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
            return now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
            return base.CreateTimer(callback, state, dueTime, period);
        var timer = new WallTimer(this, callback, state);
        lock (gate)
            timers.Add(timer);
        return timer;
    }

    /// <summary>Moves on; a time that has passed changes nothing.</summary>
    public void MoveTo(DateTimeOffset when)
    {
        if (when > GetUtcNow())
            moved?.Invoke(when);
        lock (gate)
        {
            if (when <= now)
                return;
            now = when;
            foreach (WallTimer timer in timers)
                timer.RingIfDue();
        }
    }

    private sealed class WallTimer(BillingClock clock, TimerCallback callback, object? state) : ITimer
    {
        private DateTimeOffset? at;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                at = dueTime == Timeout.InfiniteTimeSpan ? null : clock.now + dueTime;
                RingIfDue();
            }

            return true;
        }

        /// <summary>Called under the clock's gate; so the callback runs elsewhere.</summary>
        public void RingIfDue()
        {
            if (at is null || at > clock.now)
                return;
            at = null;
            ThreadPool.QueueUserWorkItem(_ => callback(state));
        }

        public void Dispose()
        {
            lock (clock.gate)
            {
                at = null;
                clock.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
