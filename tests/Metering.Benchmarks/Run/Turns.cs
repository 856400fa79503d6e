using Metering.Benchmarks.Load;

namespace Metering.Benchmarks.Run;

/// <summary>
/// A job that several targets do in turns: probe, server, probe, server and so on, then each peer once. The ratio to the probe is the
/// median of those of neighbouring turns, so that what else the machine does meanwhile strikes both.
/// </summary>
/// <param name="Name">The cell.</param>
/// <param name="Title">What the report calls it.</param>
/// <param name="Job">Makes the job of the least that a job has to say.</param>
internal sealed record Turns(string Name, string Title, Func<LoadSpec, LoadSpec> Job)
{
    /// <summary>What a turn takes beside its measured time: a load generator's start, warming up, settling.</summary>
    private const double TurnSeconds = 1.4;

    /// <summary>Seconds that the server takes after a turn with events until it has done what it had put off, however few there
    /// were.</summary>
    private const double SettleSeconds = 2.5;

    /// <summary>Seconds of warming up before a target's first turn and before a later one.</summary>
    public const double FirstWarmup = 0.5;
    public const double LaterWarmup = 0.3;

    /// <summary>The measured time of a turn.</summary>
    public required double Seconds { get; init; }

    /// <summary>How many turns the server and the probe have each.</summary>
    public required int Repeats { get; init; }

    /// <summary>The peers that have a turn.</summary>
    public IReadOnlyCollection<string> Peers { get; init; } = [];

    /// <summary>About how many seconds it takes the server to do what a second of this job makes it put off; null for a job that makes it
    /// put nothing off.</summary>
    public double? SettlingASecond { get; init; }

    /// <summary>Seconds that the turns take beside what is measured.</summary>
    public double FixedSeconds => (((2 * Repeats) + Peers.Count) * TurnSeconds)
        + (SettlingASecond is { } settling ? Repeats * (SettleSeconds + (FirstWarmup * settling)) : 0);

    /// <summary>Seconds that are measured, and those that follow from them.</summary>
    public double MeasuredSeconds => (((2 * Repeats) + Peers.Count) * Seconds) + (Repeats * Seconds * (SettlingASecond ?? 0));
}
