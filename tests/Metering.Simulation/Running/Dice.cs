namespace Metering.Simulation.Running;

/// <summary>Chance from a seed (SplitMix64, Steele and others 2014): the same numbers on every machine and version.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong state = seed;

    public ulong Next()
    {
        ulong mixed = state += 0x9E3779B97F4A7C15UL;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>From 0 up to, not including, a bound.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    /// <summary>Both ends included.</summary>
    public long Between(long least, long most) => least + (long)(Next() % (ulong)(most - least + 1));

    /// <summary>True so many times in a thousand.</summary>
    public bool PerMille(int share) => Below(1000) < share;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public TimeSpan Span(long leastMicroseconds, long mostMicroseconds) =>
        TimeSpan.FromMicroseconds(Between(leastMicroseconds, mostMicroseconds));

    /// <summary>Chance of its own for a part, so that a change in one part does not move all others.</summary>
    public Dice Fork() => new(Next());

    public Guid Guid() => new([.. BitConverter.GetBytes(Next()), .. BitConverter.GetBytes(Next())]);
}
