using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Metering.Benchmarks.Processes;

/// <summary>Signals of Linux.</summary>
internal static class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>Sends one.</summary>
    public static void Send(int processId, int signal)
    {
        if (kill(processId, signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Whether there is such a process that has not ended.</summary>
    public static bool IsAlive(int processId) => ProcessTimes.StateOf(processId) is not (null or 'Z' or 'X');

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int processId, int signal);
}
