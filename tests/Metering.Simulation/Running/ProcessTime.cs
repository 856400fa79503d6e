namespace Metering.Simulation.Running;

/// <summary>
/// A process's clock: simulated time plus its own error. Timers go by simulated time, as a machine's do, and not by the wall clock.
/// </summary>
internal sealed class ProcessTime(Scheduler scheduler, SimProcess process) : TimeProvider
{
    /// <summary>When every simulation begins: late in a month, so that billing periods end within it.</summary>
    public static readonly DateTimeOffset Start = new(2025, 1, 31, 9, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => scheduler.Now;

    public override DateTimeOffset GetUtcNow() => Start.AddMicroseconds(scheduler.Now + process.ClockOffset);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(scheduler, process, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimTimer(Scheduler scheduler, SimProcess process, Action callback) : ITimer
    {
        private Scheduler.Item? next;
        private TimeSpan period;

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            Cancel();
            period = newPeriod;
            if (dueTime >= TimeSpan.Zero)
                next = scheduler.After(dueTime, process, Run);
            return true;
        }

        public void Dispose() => Cancel();

        public ValueTask DisposeAsync()
        {
            Cancel();
            return ValueTask.CompletedTask;
        }

        private void Run()
        {
            next = period > TimeSpan.Zero ? scheduler.After(period, process, Run) : null;
            callback();
        }

        private void Cancel()
        {
            if (next is not null)
                next.IsCancelled = true;
            next = null;
        }
    }
}
