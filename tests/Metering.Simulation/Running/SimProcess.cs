namespace Metering.Simulation.Running;

/// <summary>
/// A process of the simulation: where its continuations go. Killed, none of what it had begun ever goes on; paused, all of it waits.
/// </summary>
internal sealed class SimProcess(Scheduler scheduler, string name, int number) : SynchronizationContext
{
    private readonly List<Action> onKilled = [];

    public string Name { get; } = name;

    public int Number { get; } = number;

    public bool IsAlive { get; private set; } = true;

    /// <summary>Nothing of it runs before this moment.</summary>
    public long PausedUntil { get; set; }

    /// <summary>How far its wall clock is off, in microseconds.</summary>
    public long ClockOffset { get; set; }

    public void Kill()
    {
        IsAlive = false;
        foreach (Action action in onKilled)
            action();
        onKilled.Clear();
    }

    /// <summary>Learns of the process's end, as the other end of a connection does.</summary>
    public void OnKilled(Action action) => onKilled.Add(action);

    public override void Post(SendOrPostCallback callback, object? state) => scheduler.Post(this, () => callback(state));

    public override void Send(SendOrPostCallback callback, object? state) =>
        throw new NotSupportedException("Nothing may wait for another continuation.");

    public override SynchronizationContext CreateCopy() => this;
}
