namespace Metering.Server.CommandLine;

/// <summary>What the process ends with.</summary>
internal static class ExitCodes
{
    /// <summary>Done, or stopped as asked.</summary>
    public const int Done = 0;

    /// <summary>Something failed; the message says what.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the settings are wrong.</summary>
    public const int Usage = 2;

    /// <summary>Another process has taken partitions over: this one must not go on.</summary>
    public const int Fenced = 3;
}
