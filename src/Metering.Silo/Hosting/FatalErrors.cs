using Orleans.Runtime;

namespace Metering.Silo.Hosting;

/// <summary>
/// What Orleans cannot go on after, such as being told that the others have declared this silo dead: the process ends in good order, with
/// the exit code of one that was fenced, instead of breaking off.
/// </summary>
internal sealed partial class FatalErrors(ILoggerFactory logs) : IFatalErrorHandler
{
    private readonly ILogger log = logs.CreateLogger("Metering.Cluster");
    private int raised;

    /// <summary>Raised once.</summary>
    public event Action<string>? Ended;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        string what = context ?? exception?.Message ?? "the runtime has ended";
        LogFatal(log, what, exception);
        if (Interlocked.Exchange(ref raised, 1) == 0)
            Ended?.Invoke(what);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "the cluster goes on without this silo: {What}")]
    private static partial void LogFatal(ILogger log, string what, Exception? exception);
}
