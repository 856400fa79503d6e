using System.CommandLine;
using System.Globalization;
using Metering.Scenarios.Support;
using Metering.Server.Hosting;
using Metering.Server.Settings;
using Metering.Silo.Hosting;
using Metering.Silo.Settings;
using Microsoft.Extensions.Logging;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>
/// A process of a cluster as <c>run</c> is one, but that its wall clock is the test's: it begins at a time, and moves to that of each line
/// it reads, which it repeats when it has moved. The cluster's membership goes by real time.
/// </summary>
internal static class ClockedProcess
{
    /// <summary>The program that is this.</summary>
    public const string Program = "Metering.Orleans.Tests.dll";

    /// <param name="arguments">The time that it begins at, then those of <c>run</c>.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var command = new Command("run");
        SiloOptions options = new SiloOptions().AddTo(command);
        SiloSettings settings = options.Read(new RootCommand { command }.Parse(arguments[1..]));
        var clock = new BillingClock(At(arguments[0]));
        using ILoggerFactory logs = ServerLogging.Create(settings.Server.LogLevel, settings.Name);
        ServerSettings server = settings.Server with { ClockSkewMax = TimeSpan.FromDays(36_500) };
        await using ServerHost host = await ServerHost.StartAsync(server, ClusterPlan.Of(settings), logs, clock, CancellationToken.None);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            clock.MoveTo(At(line));
            Console.WriteLine(line);
        }

        return 0;
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
