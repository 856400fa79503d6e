namespace Metering.Delivery.Outbox;

/// <summary>
/// What a worker has in hand of each target, and which targets rest: one that fails again and again is asked rarely, so that its rows do
/// not take the places of others' while each of them runs into the same failure. Safe for any thread.
/// </summary>
internal sealed class TargetBounds(OutboxWorkerOptions options, TimeProvider time)
{
    private const int FailingMax = 10_000;

    private readonly Lock guard = new();
    private readonly Dictionary<string, int> inHand = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Failing> failing = new(StringComparer.Ordinal);

    /// <summary>How many further rows of the targets that are in hand, or rest, may be taken.</summary>
    public IReadOnlyDictionary<string, int> Free()
    {
        lock (guard)
        {
            var free = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach ((string target, int count) in inHand)
                free[target] = Math.Max(0, MostOf(target) - count);
            foreach (string target in failing.Keys.Where(target => !inHand.ContainsKey(target)))
            {
                int most = MostOf(target);
                if (most < options.ParallelPerTarget)
                    free[target] = most;
            }

            return free;
        }
    }

    /// <summary>Takes a place for a row of a target; false where it has none.</summary>
    public bool TryTake(string target)
    {
        if (target.Length == 0)
            return true;
        lock (guard)
        {
            int count = inHand.GetValueOrDefault(target);
            if (count >= MostOf(target))
                return false;
            inHand[target] = count + 1;
            return true;
        }
    }

    /// <summary>Gives the place back and notes how it went; null where nothing was tried.</summary>
    public void Return(string target, bool? succeeded)
    {
        if (target.Length == 0)
            return;
        lock (guard)
        {
            int count = inHand[target] - 1;
            if (count == 0)
                inHand.Remove(target);
            else
                inHand[target] = count;
            if (succeeded == true)
                failing.Remove(target);
            else if (succeeded == false)
                NoteFailure(target);
        }
    }

    private void NoteFailure(string target)
    {
        if (failing.Count >= FailingMax && !failing.ContainsKey(target))
            failing.Clear();
        int failures = failing.GetValueOrDefault(target).Failures + 1;
        int doublings = Math.Clamp(failures - options.FailuresBeforeRest, 0, 12);
        TimeSpan rest = failures < options.FailuresBeforeRest ? TimeSpan.Zero : TimeSpan.FromSeconds(1 << doublings);
        failing[target] = new Failing(failures, time.GetTimestamp(), rest < options.LongestRest ? rest : options.LongestRest);
    }

    // After a rest one row finds out how things are.
    private int MostOf(string target)
    {
        if (!failing.TryGetValue(target, out Failing state) || state.Pause == TimeSpan.Zero)
            return options.ParallelPerTarget;
        return time.GetElapsedTime(state.Since) < state.Pause ? 0 : 1;
    }

    private readonly record struct Failing(int Failures, long Since, TimeSpan Pause);
}
