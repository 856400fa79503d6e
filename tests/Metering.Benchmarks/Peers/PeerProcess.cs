using System.Globalization;

namespace Metering.Benchmarks.Peers;

/// <summary>A peer as a process: <c>peer NAME DATABASE FOLDER CUSTOMERS OPENING</c>.</summary>
internal static class PeerProcess
{
    /// <summary>
    /// Serves on a free port until its input ends. Prints the port and the process id of the peer's store, 0 where PostgreSQL is the store.
    /// </summary>
    public static async Task<int> RunAsync(string[] args)
    {
        string[] customers = [.. Enumerable.Range(0, int.Parse(args[3], CultureInfo.InvariantCulture)).Select(LlmLoad.CustomerId)];
        await using IPeer peer = PeerCatalog.Create(args[0]);
        var context = new PeerContext(args[1], args[2], customers, long.Parse(args[4], CultureInfo.InvariantCulture));
        await peer.StartAsync(context, CancellationToken.None);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{peer.Address.Port} {peer.StoreProcessId}"));
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
