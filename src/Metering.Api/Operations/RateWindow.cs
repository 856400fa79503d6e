namespace Metering.Api.Operations;

/// <summary>How much a counter has risen in the last minute, from a sample a second.</summary>
internal sealed class RateWindow
{
    /// <summary>How far it looks back.</summary>
    public const int Seconds = 60;

    private readonly Lock guard = new();
    private readonly Queue<(TimeSpan At, long Count)> samples = new();

    /// <summary>Takes a sample; times and counts never go back.</summary>
    public void Sample(TimeSpan at, long count)
    {
        lock (guard)
        {
            samples.Enqueue((at, count));

            // The oldest sample kept is the newest that is a whole minute old.
            while (samples.Count > 2 && at - samples.ElementAt(1).At >= TimeSpan.FromSeconds(Seconds))
                samples.Dequeue();
        }
    }

    /// <summary>How much was added in the last minute up to now, and over how many seconds that is: fewer than 60 only right after the
    /// start.</summary>
    public (long Count, double Seconds) Read(TimeSpan now, long count)
    {
        lock (guard)
        {
            if (samples.Count == 0)
                return (0, 0);
            (TimeSpan at, long before) = samples.Peek();
            return (count - before, (now - at).TotalSeconds);
        }
    }
}
