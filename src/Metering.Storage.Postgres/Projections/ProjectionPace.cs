namespace Metering.Storage.Postgres.Projections;

/// <summary>
/// When a projector's next batch begins. A trickle is in the tables soon. A burst is served first: its groups gather as long as they can
/// still be written within the aim of the lag, judged by what an event took so far. Once nothing comes any more there is nothing to gather.
/// </summary>
internal sealed class ProjectionPace(ProjectorOptions options)
{
    // Below so many events a batch is mostly statements and commits, which say nothing about what an event takes.
    private const int TellingEvents = 1000;

    // What else runs slows a batch down, and each of the last ones counts for a fourth.
    private const double Caution = 1.25;
    private const double Weight = 0.25;

    private double secondsAnEvent = 10e-6;
    private TimeSpan pause;

    /// <summary>Learns from a batch.</summary>
    /// <param name="took">How long it took, the wait for its turn included.</param>
    /// <param name="events">How many events it held.</param>
    public void Learn(TimeSpan took, long events)
    {
        pause = took * 8 < options.CoalesceAtMost ? took * 8 : options.CoalesceAtMost;
        if (events >= TellingEvents)
            secondsAnEvent += ((took.TotalSeconds / events) - secondsAnEvent) * Weight;
    }

    /// <summary>How long the next batch is still to wait for more; zero or less: it is due.</summary>
    /// <param name="age">How old the oldest waiting group is.</param>
    /// <param name="quiet">For how long nothing has come.</param>
    /// <param name="events">How many events wait.</param>
    public TimeSpan Rest(TimeSpan age, TimeSpan quiet, long events)
    {
        if (quiet >= options.QuietAfter)
            return TimeSpan.Zero;
        var gather = (events >= options.BurstEvents ? options.CoalesceAtMost : pause) - age;
        var left = options.LagAim - age - TimeSpan.FromSeconds(events * secondsAnEvent * Caution);
        return gather < left ? gather : left;
    }
}
