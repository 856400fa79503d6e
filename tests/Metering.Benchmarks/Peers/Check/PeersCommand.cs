using System.Globalization;
using Metering.TestSupport;

namespace Metering.Benchmarks.Peers.Check;

/// <summary>
/// <c>./run bench peers [NAME...]</c> starts each peer on a store of its own and checks that it is honest; <c>./run bench peers bare
/// [NAME...]</c>
/// drives each without HTTP and prints what it does.
/// </summary>
internal static class PeersCommand
{
    private const int Customers = 100_000;
    private const long OpeningNano = 1_000_000_000_000_000_000;
    private const double Seconds = 3;

    public static async Task<int> RunAsync(string[] args)
    {
        bool bare = args.FirstOrDefault() == "bare";
        string[] names = bare ? args[1..] : args;
        bool sound = true;
        foreach (string name in names.Length > 0 ? names : [.. PeerCatalog.Names])
            sound &= await WithPeerAsync(name, bare);
        return sound ? 0 : 1;
    }

    private static async Task<bool> WithPeerAsync(string name, bool bare)
    {
        if (await PeerCatalog.MissingAsync(name) is { } missing)
        {
            Console.WriteLine($"{name}: skipped. {missing}");
            return true;
        }

        using var folder = new TestFolder("peer");
        await using TestDatabase database = await PostgresServer.CreateDatabaseAsync("peer");
        await using IPeer peer = PeerCatalog.Create(name);
        try
        {
            if (bare)
                await MeasureAsync(peer, database.ConnectionString, folder.Path);
            else
                await PeerCheck.RunAsync(peer, database.ConnectionString, folder.Path);
            Console.WriteLine($"{name}: nothing debited twice, nothing below zero, the sums agree.");
            return true;
        }
        catch (InvalidDataException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return false;
        }
    }

    private static async Task MeasureAsync(IPeer peer, string connectionString, string folder)
    {
        string[] customers = [.. Enumerable.Range(0, Customers).Select(LlmLoad.CustomerId)];
        await peer.StartAsync(new PeerContext(connectionString, folder, customers, OpeningNano), CancellationToken.None);
        foreach ((int eventsARequest, int callers) in new[] { (1, 256), (100, 64), (1_000, 16) })
        {
            foreach (int used in new[] { Customers, 1 })
            {
                double rate = await BareLoad.RunAsync(peer, used, eventsARequest, callers, Seconds);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{peer.Name,-18} {eventsARequest,5} a request  {(used == 1 ? "one hot" : "spread"),-8} {rate,10:N0} events/s"));
            }
        }
    }
}
