using Metering.Benchmarks.Load;

namespace Metering.Benchmarks.Run;

/// <summary>One job measured against one target: what the client saw, and what it cost whom. Costs are microseconds of processor an event
/// (or a request, where nothing is
/// sent).</summary>
internal sealed record Measurement
{
    public required string Target { get; init; }

    public required LoadResult Load { get; init; }

    /// <summary>Events a second; requests a second where nothing is sent.</summary>
    public double PerSecond { get; init; }

    public double ServerMicroseconds { get; init; }

    public double PostgresMicroseconds { get; init; }

    public double ClientMicroseconds { get; init; }

    /// <summary>Journal bytes an event; 0 where there is no journal.</summary>
    public double JournalBytes { get; init; }

    /// <summary>Write-ahead log an event, of everything that ran meanwhile: projections and checkpoints too.</summary>
    public double WalBytes { get; init; }
}
