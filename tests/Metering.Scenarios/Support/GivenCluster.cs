using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Metering.Scenarios.Support;

/// <summary>
/// A cluster that runs already, to which scenarios are told instead of to a server of their own: <c>METERING_SCENARIO_SERVERS</c> names
/// its front ends (URLs with spaces between), each asked in turn; <c>METERING_SCENARIO_KEY</c> is its operator's key.
/// <c>METERING_SCENARIO_CLOCK</c> is a port of this machine where the time of all its processes is moved: a line with the time is answered
/// with a line when every process has it.
/// </summary>
internal static class GivenCluster
{
    private static readonly string? clock = Environment.GetEnvironmentVariable("METERING_SCENARIO_CLOCK");

    /// <summary>Its front ends; none where there is no such cluster.</summary>
    public static IReadOnlyList<Uri> Servers { get; } =
    [
        .. (Environment.GetEnvironmentVariable("METERING_SCENARIO_SERVERS") ?? "")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(address => new Uri(address)),
    ];

    /// <summary>Whether there is one.</summary>
    public static bool IsThere => Servers.Count > 0;

    /// <summary>Whether its time can be moved.</summary>
    public static bool HasClock => IsThere && clock is { Length: > 0 };

    /// <summary>The operator's key.</summary>
    public static string Key => Environment.GetEnvironmentVariable("METERING_SCENARIO_KEY")
        ?? throw new InvalidOperationException("METERING_SCENARIO_SERVERS needs METERING_SCENARIO_KEY.");

    /// <summary>Moves the time of all its processes; returns when they have it.</summary>
    public static void MoveTo(DateTimeOffset when)
    {
        using var client = new TcpClient();
        client.Connect(IPAddress.Loopback, int.Parse(clock!, CultureInfo.InvariantCulture));
        using var lines = new StreamReader(client.GetStream());
        using var writer = new StreamWriter(client.GetStream()) { AutoFlush = true };
        writer.WriteLine(when.ToString("O", CultureInfo.InvariantCulture));
        if (lines.ReadLine() != "done")
            throw new InvalidOperationException("The cluster's clock was not moved.");
    }
}
