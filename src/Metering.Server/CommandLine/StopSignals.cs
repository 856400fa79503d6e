using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Metering.Server.CommandLine;

/// <summary>
/// SIGINT (Ctrl-C) and SIGTERM ask to stop; a second one ends the process at once, which loses nothing that was acknowledged.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly PosixSignalRegistration[] registrations;
    private int received;

    public StopSignals()
    {
        registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, On), PosixSignalRegistration.Create(PosixSignal.SIGTERM, On)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => stop.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in registrations)
            registration.Dispose();
        stop.Dispose();
    }

    private void On(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref received) > 1)
        {
            // Not Environment.Exit: that waits for others, and the person asked again because something does not end.
            Console.Error.WriteLine("Ended at once. A private PostgreSQL goes on until the next start or reset.");
            Console.Error.Flush();
            using Process self = Process.GetCurrentProcess();
            self.Kill();
        }

        if (context.Signal == PosixSignal.SIGINT)
            Console.Error.WriteLine("Stopping. Ctrl-C again ends at once.");
        // On a thread of its own: what is cancelled may run its continuation right here, and the next signal must get through.
        ThreadPool.QueueUserWorkItem(_ => stop.Cancel());
    }
}
