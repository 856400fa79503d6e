namespace Metering.Storage.Postgres.Projections;

/// <summary>How the projector of a shard works.</summary>
public sealed class ProjectorOptions
{
    /// <summary>How often the projector looks for new groups while it has nothing to do. Default: 100 ms.</summary>
    public TimeSpan IdleInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest that new groups wait for more, so that an hourly row is written once for many events. Default: 3 s; at most 4
    /// s.</summary>
    public TimeSpan CoalesceAtMost { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Once nothing has come for so long, what waits is projected at once. Default: 250 ms.</summary>
    public TimeSpan QuietAfter { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Within about so long what has become durable is in the tables, where the machine can do it. Default: 4 s.</summary>
    public TimeSpan LagAim { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>With so many events waiting it is a burst, whose groups gather as long as the aim of the lag lets them. Default:
    /// 5,000.</summary>
    public int BurstEvents { get; init; } = 5000;

    /// <summary>About how many bytes of journal a batch takes, which bounds its memory to some ten times that. Default: 8 MiB.</summary>
    public int BatchBytes { get; init; } = 8 << 20;

    /// <summary>
    /// A batch that changes at most so many hourly rows changes them at once; what a larger one changes is kept packed, to be settled
    /// later. Default: 2,000.
    /// </summary>
    public int HoursAtOnce { get; init; } = 2000;

    /// <summary>Hourly changes are settled once there was none for so long. Default: 500 ms.</summary>
    public TimeSpan SettleQuiet { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Hourly changes are settled at the latest after so long, also beside traffic. Default: 10 min.</summary>
    public TimeSpan SettleAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Past so many bytes hourly changes are settled also beside traffic, which bounds what a query reads. Default: 128
    /// MiB.</summary>
    public long SettleBytes { get; init; } = 128L << 20;

    /// <summary>How long raw events are kept, by their time, in days. Default: 90.</summary>
    public int RetentionDays { get; init; } = 90;

    /// <exception cref="ArgumentException">A value is out of range; all faults are named at once.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (IdleInterval <= TimeSpan.Zero || IdleInterval > TimeSpan.FromSeconds(1))
            faults.Add($"{nameof(IdleInterval)} must be above 0 and at most 1 s.");
        if (CoalesceAtMost < TimeSpan.Zero || CoalesceAtMost > TimeSpan.FromSeconds(4))
            faults.Add($"{nameof(CoalesceAtMost)} must be 0 to 4 s.");
        if (QuietAfter < TimeSpan.Zero)
            faults.Add($"{nameof(QuietAfter)} must not be negative.");
        if (LagAim <= TimeSpan.Zero)
            faults.Add($"{nameof(LagAim)} must be above 0.");
        if (BurstEvents < 1)
            faults.Add($"{nameof(BurstEvents)} must be at least 1.");
        if (BatchBytes is < 64 * 1024 or > 256 << 20)
            faults.Add($"{nameof(BatchBytes)} must be 64 KiB to 256 MiB.");
        if (HoursAtOnce < 0)
            faults.Add($"{nameof(HoursAtOnce)} must not be negative.");
        if (SettleQuiet < TimeSpan.Zero || SettleQuiet > SettleAge)
            faults.Add($"{nameof(SettleQuiet)} must be 0 to {nameof(SettleAge)}.");
        if (SettleAge <= TimeSpan.Zero || SettleAge > TimeSpan.FromHours(1))
            faults.Add($"{nameof(SettleAge)} must be above 0 and at most 1 h.");
        if (SettleBytes is < 0 or > 4L << 30)
            faults.Add($"{nameof(SettleBytes)} must be 0 to 4 GiB.");
        if (RetentionDays < 1)
            faults.Add($"{nameof(RetentionDays)} must be at least 1.");
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(' ', faults));
    }
}
