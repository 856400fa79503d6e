namespace Metering.Benchmarks.Run;

/// <summary>A system that is measured: a process that takes <c>POST /v1/events</c> on a port.</summary>
internal interface ITarget : IAsyncDisposable
{
    /// <summary>What the report calls it.</summary>
    string Name { get; }

    int Port { get; }

    /// <summary>Its process, for its processor time.</summary>
    int ProcessId { get; }

    /// <summary>The process of a store other than PostgreSQL, which counts with it; 0 for none.</summary>
    int StoreProcessId => 0;

    /// <summary>Waits until work that it has put off is done, so that it disturbs nobody's measurement.</summary>
    Task SettleAsync();

    /// <summary>Stops it where it stands while others are measured, or lets it go on; nothing where it does nothing by itself.</summary>
    void Pause(bool paused)
    {
    }

    /// <summary>What it says of itself; null where it says nothing.</summary>
    Task<ServerFigures?> FiguresAsync() => Task.FromResult<ServerFigures?>(null);

    /// <summary>Events debited so far, where an acknowledgement does not mean that; null where it does.</summary>
    Task<long?> DebitedAsync() => Task.FromResult<long?>(null);
}
