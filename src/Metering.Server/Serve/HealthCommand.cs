using System.CommandLine;
using System.Net;
using Metering.Server.CommandLine;
using Metering.Server.Settings;

namespace Metering.Server.Serve;

/// <summary><c>health</c>: asks the server of the same settings whether it is ready. For a container's health check.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(4);

    /// <param name="settings">The options of the program.</param>
    /// <param name="file">The program's settings file.</param>
    public static Command Create(SettingOptions settings, string file)
    {
        var command = new Command("health", "Ask the server of the same settings whether it is ready: exit code 0 where it is.");
        settings.AddServing(command);
        command.SetAction(async (parsed, stop) =>
        {
            (IPAddress address, int port) = settings.Read(parsed, file, static (values, server) =>
            {
                values.AskedAll();
                return (server.Address, server.Port);
            });
            return await AskAsync(address.Equals(IPAddress.Any) ? IPAddress.Loopback : address, port, stop);
        });
        return command;
    }

    private static async Task<int> AskAsync(IPAddress address, int port, CancellationToken stop)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = patience };
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri($"http://{new IPEndPoint(address, port)}/ready"), stop);
            Console.WriteLine(await answer.Content.ReadAsStringAsync(stop));
            return answer.IsSuccessStatusCode ? ExitCodes.Done : ExitCodes.Failed;
        }
        catch (Exception away) when (away is HttpRequestException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            Console.Error.WriteLine($"No answer: {away.Message}");
            return ExitCodes.Failed;
        }
    }
}
