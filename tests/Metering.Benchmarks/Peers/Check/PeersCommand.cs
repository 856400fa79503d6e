using Metering.TestSupport;

namespace Metering.Benchmarks.Peers.Check;

/// <summary><c>./run bench peers [NAME...]</c>: starts each peer on a store of its own and checks that it is honest.</summary>
internal static class PeersCommand
{
    public static async Task<int> RunAsync(string[] names)
    {
        bool sound = true;
        foreach (string name in names.Length > 0 ? names : [.. PeerCatalog.Names])
            sound &= await CheckAsync(name);
        return sound ? 0 : 1;
    }

    private static async Task<bool> CheckAsync(string name)
    {
        using var folder = new TestFolder("peer");
        await using TestDatabase database = await PostgresServer.CreateDatabaseAsync("peer");
        await using IPeer peer = PeerCatalog.Create(name);
        try
        {
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
}
