namespace Metering.Simulation.Running;

/// <summary>
/// Everything that happens in a simulation, on one thread: what is ready runs in an order that the seed picks, and time moves only
/// when the scheduler moves it.
/// </summary>
internal sealed class Scheduler(Dice dice)
{
    private readonly List<Item> ready = [];
    private readonly PriorityQueue<Item, (long Due, long Order)> timed = new();
    private readonly int thread = Environment.CurrentManagedThreadId;
    private long order;

    /// <summary>How many items have run.</summary>
    public long Step { get; private set; }

    /// <summary>Microseconds since the beginning, the same for all processes.</summary>
    public long Now { get; private set; }

    /// <summary>Folds all that has happened into one number: two runs of a seed must agree on it.</summary>
    public ulong TraceHash { get; private set; } = 14695981039346656037UL;

    /// <summary>Anything that escaped the one thread or failed without a receiver.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Adds something to the trace.</summary>
    public void Note(ulong what) => TraceHash = (TraceHash ^ what) * 1099511628211UL;

    /// <summary>Runs something of a process as soon as the seed lets it.</summary>
    public void Post(SimProcess process, Action action)
    {
        if (Environment.CurrentManagedThreadId != thread)
        {
            lock (Faults)
                Faults.Add($"A continuation of {process.Name} left the simulation's thread: {Environment.StackTrace}");
            return;
        }

        ready.Add(new Item(process, action));
    }

    /// <summary>Runs something of a process after a time; the answer cancels it.</summary>
    public Item After(TimeSpan delay, SimProcess process, Action action)
    {
        var item = new Item(process, action);
        timed.Enqueue(item, (Now + Math.Max(0, delay.Ticks / TimeSpan.TicksPerMicrosecond), order++));
        return item;
    }

    /// <summary>A task that ends after a time, in the process that asks.</summary>
    public Task Delay(TimeSpan delay, SimProcess process)
    {
        var ended = new TaskCompletionSource();
        After(delay, process, ended.SetResult);
        return ended.Task;
    }

    /// <summary>Time goes by for everybody at once; what falls due meanwhile runs as soon as it can.</summary>
    public void SkipTime(TimeSpan by) => Now += by.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Runs one item. False when nothing is left to run, ever.</summary>
    public bool RunOne()
    {
        while (true)
        {
            if (ready.Count == 0 && !timed.TryPeek(out _, out _))
                return false;
            if (ready.Count == 0 && timed.TryPeek(out _, out (long Due, long Order) first))
                Now = Math.Max(Now, first.Due);
            while (timed.TryPeek(out Item? item, out (long Due, long Order) key) && key.Due <= Now)
            {
                timed.Dequeue();
                if (!item.IsCancelled && item.Process.IsAlive)
                    ready.Add(item);
            }

            if (ready.Count > 0 && TryRun())
                return true;
        }
    }

    private bool TryRun()
    {
        int index = dice.Below(ready.Count);
        Item item = ready[index];
        ready[index] = ready[^1];
        ready.RemoveAt(ready.Count - 1);
        if (!item.Process.IsAlive || item.IsCancelled)
            return false;
        if (item.Process.PausedUntil > Now)
        {
            timed.Enqueue(item, (item.Process.PausedUntil, order++));
            return false;
        }

        Step++;
        Now += dice.Between(1, 20);
        Note((ulong)item.Process.Number * 31 + (ulong)ready.Count);
        Note((ulong)Now);
        SynchronizationContext.SetSynchronizationContext(item.Process);
        try
        {
            item.Action();
        }
        catch (Exception exception)
        {
            Faults.Add($"{item.Process.Name}: {exception}");
        }

        return true;
    }

    internal sealed class Item(SimProcess process, Action action)
    {
        public SimProcess Process { get; } = process;

        public Action Action { get; } = action;

        public bool IsCancelled { get; set; }
    }
}
