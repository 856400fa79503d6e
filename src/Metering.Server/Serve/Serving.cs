using Metering.Server.CommandLine;
using Metering.Server.Hosting;
using Metering.Server.Keys;
using Metering.Server.Settings;

namespace Metering.Server.Serve;

/// <summary>A server in this process, from its start to its orderly end.</summary>
internal static class Serving
{
    private static readonly TimeSpan fencedStopWithin = TimeSpan.FromSeconds(3);

    /// <summary>Starts, does something, and serves until stopped or fenced.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="afterStart">What to do once it serves; true to go on serving, false to stop then. Null to serve.</param>
    /// <param name="stop">Asks to stop.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(
        ServerSettings settings, Func<ServerHost, CancellationToken, Task<bool>>? afterStart, CancellationToken stop) =>
        RunAsync(settings, new HostPlan(), afterStart, stop);

    /// <summary>Starts a kind of server, does something, and serves until stopped or fenced.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="plan">What this kind has that others do not.</param>
    /// <param name="afterStart">What to do once it serves; true to go on serving, false to stop then. Null to serve.</param>
    /// <param name="stop">Asks to stop.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        ServerSettings settings, HostPlan plan, Func<ServerHost, CancellationToken, Task<bool>>? afterStart, CancellationToken stop)
    {
        using ILoggerFactory logs = ServerLogging.Create(settings.LogLevel, plan.Instance);
        plan = plan with { KeyMade = OperatorKeyNotice.Show };
        await using ServerHost host = await ServerHost.StartAsync(settings, plan, logs, TimeProvider.System, stop);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, host.Fenced);
        try
        {
            bool goOn = afterStart is null || await afterStart(host, ending.Token);
            if (goOn)
                await Task.Delay(Timeout.Infinite, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Asked to stop, or fenced; below is the same for both.
        }

        if (host.Fenced.IsCancellationRequested)
            await EndFencedAsync(host);
        await host.StopAsync();
        return host.Fenced.IsCancellationRequested ? ExitCodes.Fenced : ExitCodes.Done;
    }

    // Others have its partitions: there is nothing to save, and what an orderly end waits for, such as a database that this process is
    // cut off from, may not come.
    private static async Task EndFencedAsync(ServerHost host)
    {
        Task stopped = host.StopAsync();
        if (await Task.WhenAny(stopped, Task.Delay(fencedStopWithin)) != stopped)
            Environment.Exit(ExitCodes.Fenced);
    }
}
