using System.Runtime.InteropServices;

namespace Metering.Scenarios.Crash;

/// <summary>What a process is sent, with Linux's numbers.</summary>
internal enum Signal
{
    /// <summary>SIGQUIT: PostgreSQL's immediate shutdown.</summary>
    Quit = 3,

    /// <summary>SIGKILL: the end, with no chance to do anything.</summary>
    Kill = 9,

    /// <summary>SIGTERM: asks to stop.</summary>
    Terminate = 15,

    /// <summary>SIGCONT: goes on where SIGSTOP halted it.</summary>
    Continue = 18,

    /// <summary>SIGSTOP: halts it where it stands.</summary>
    Stop = 19,
}

internal static class Signals
{
    /// <summary>Sends it to one process.</summary>
    /// <returns>False where there is no such process.</returns>
    public static bool Send(int processId, Signal signal) => SendSignal(processId, (int)signal) == 0;

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);
}
