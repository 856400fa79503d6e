namespace Metering.Api.Access;

/// <summary>
/// The requests of one address in the last 60 seconds, counted by the second. So "in any minute" holds whenever a burst begins, which a
/// window that restarts at every full minute would not give.
/// </summary>
internal sealed class AddressWindow
{
    public const int Seconds = 60;

    private readonly int[] counts = new int[Seconds];
    private long newest;
    private int total;

    /// <summary>Whether a whole window has passed since the last request.</summary>
    public bool IsIdle(long second) => second - newest >= Seconds;

    /// <summary>Counts a request unless that would be more than <paramref name="limit"/>.</summary>
    /// <param name="second">The time in whole seconds; one that goes back counts as the newest seen.</param>
    /// <param name="limit">The most in a window.</param>
    /// <param name="retryAfterSeconds">When refused: seconds until a request would be counted, 1 to 60.</param>
    public bool TryCount(long second, int limit, out int retryAfterSeconds)
    {
        Advance(second);
        retryAfterSeconds = 0;
        if (total < limit)
        {
            counts[newest % Seconds]++;
            total++;
            return true;
        }

        retryAfterSeconds = 1;
        while (retryAfterSeconds < Seconds && counts[(newest + retryAfterSeconds) % Seconds] == 0)
            retryAfterSeconds++;
        return false;
    }

    /// <summary>Takes back the newest request that was counted.</summary>
    public void Forgive()
    {
        for (long second = newest; second > newest - Seconds && second >= 0; second--)
        {
            ref int count = ref counts[second % Seconds];
            if (count == 0)
                continue;
            count--;
            total--;
            return;
        }
    }

    private void Advance(long second)
    {
        if (second <= newest)
            return;
        long passed = Math.Min(second - newest, Seconds);
        for (long i = 1; i <= passed; i++)
        {
            ref int leaving = ref counts[(newest + i) % Seconds];
            total -= leaving;
            leaving = 0;
        }

        // Where more than a window passed, every slot is empty and only the new position matters.
        newest = second;
    }
}
