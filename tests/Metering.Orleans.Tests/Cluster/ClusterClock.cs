using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>
/// Where another process moves the time of a cluster: each connection brings one time, and is told when every process has it.
/// </summary>
internal sealed class ClusterClock : IAsyncDisposable
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly SiloCluster cluster;
    private readonly Task serving;

    public ClusterClock(SiloCluster cluster)
    {
        this.cluster = cluster;
        listener.Start();
        serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                using var lines = new StreamReader(client.GetStream());
                await using var writer = new StreamWriter(client.GetStream());
                await writer.WriteLineAsync(await lines.ReadLineAsync() is { } time && await MoveAsync(time) ? "done" : "failed");
            }
            catch (Exception ended) when (ended is SocketException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task<bool> MoveAsync(string time)
    {
        ClusterProcess[] all = [.. cluster.Silos, .. cluster.Frontends];
        foreach (ClusterProcess one in all)
            await one.Process.WriteLineAsync(time);
        long began = Stopwatch.GetTimestamp();
        while (!all.All(one => one.Process.Output.Contains(time, StringComparison.Ordinal)))
        {
            if (Stopwatch.GetElapsedTime(began) > patience)
                return false;
            await Task.Delay(5);
        }

        return true;
    }
}
