namespace Metering.Server.Demo;

/// <summary>
/// Chance from a seed: the same seed gives the same day on every machine. Floating point is at home here: it only chooses which whole
/// numbers are sent.
/// </summary>
internal sealed class Dice(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>A whole number from 0 up to, not including, a bound.</summary>
    public int Below(int bound) => random.Next(bound);

    /// <summary>Whether something of this chance happens.</summary>
    public bool Chance(double probability) => random.NextDouble() < probability;

    /// <summary>
    /// How many of something that comes so often on average (Poisson; Knuth's method in steps, so that no exponential underflows).
    /// </summary>
    public int Count(double mean)
    {
        const double step = 500;
        int count = 0;
        double left = mean;
        double product = 1;
        while (true)
        {
            product *= random.NextDouble();
            while (product < 1 && left > 0)
            {
                double part = Math.Min(left, step);
                product *= Math.Exp(part);
                left -= part;
            }

            if (product <= 1)
                return count;
            count++;
        }
    }

    /// <summary>
    /// A long-tailed whole number (log-normal), at least 1: half are below the median, one in a hundred is above median times e^(2.33
    /// spread).
    /// </summary>
    public int LongTailed(int median, double spread, int most)
    {
        // Box and Muller: two even numbers make a normal one. The first must not be 0.
        double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return (int)Math.Clamp(median * Math.Exp(spread * normal), 1, most);
    }

    /// <summary>One of some things, by weight.</summary>
    public T Pick<T>(IReadOnlyList<(T Item, int Weight)> items)
    {
        int left = Below(items.Sum(item => item.Weight));
        foreach ((T item, int weight) in items)
        {
            left -= weight;
            if (left < 0)
                return item;
        }

        throw new ArgumentException("No weight.", nameof(items));
    }
}
