using System.Globalization;
using System.Runtime.InteropServices;
using Metering.Benchmarks.Processes;
using Metering.Benchmarks.Run;
using Metering.TestSupport;

namespace Metering.Benchmarks.Peers;

/// <summary>A peer in a process of its own, on a database and a folder of its own.</summary>
internal sealed class PeerTarget : ITarget
{
    private readonly ChildProcess _process;
    private readonly TestFolder _folder;
    private readonly HttpClient _client;

    private PeerTarget(string name, ChildProcess process, TestFolder folder, int port, int storeProcessId)
    {
        Name = name;
        _process = process;
        _folder = folder;
        Port = port;
        StoreProcessId = storeProcessId;
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(5) };
    }

    public string Name { get; }

    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <summary>The process of a store of its own, whose processor time is this peer's too; 0 where PostgreSQL is the store.</summary>
    public int StoreProcessId { get; }

    /// <param name="name">Of <see cref="PeerCatalog"/>.</param>
    /// <param name="postgres">Where its database is made.</param>
    /// <param name="customers">How many customers there are, from number 0 on, with the ids of <see cref="LlmLoad.CustomerId"/>.</param>
    /// <param name="openingNano">What each balance holds, in nano-credits.</param>
    public static async Task<PeerTarget> StartAsync(string name, BenchPostgres postgres, int customers, long openingNano)
    {
        string database = await postgres.CreateDatabaseAsync("peer");
        var folder = new TestFolder("peer");

        // The same garbage collector as the server has.
        ChildProcess process = ChildProcess.Start(
            ["peer", name, database, folder.Path, customers.ToString(CultureInfo.InvariantCulture),
                openingNano.ToString(CultureInfo.InvariantCulture)],
            ("DOTNET_gcServer", "1"));
        int[] said = [.. (await process.ReadLineAsync()).Split(' ').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        return new PeerTarget(name, process, folder, said[0], said[1]);
    }

    /// <summary>
    /// Waits until a peer that answers first and debits later has nothing left to debit; for the others it returns at once.
    /// </summary>
    public async Task SettleAsync()
    {
        while (await NumberAsync("/waiting") > 0)
            await Task.Delay(100);
    }

    /// <inheritdoc cref="IPeer.CountAsync"/>
    public Task<long> CountAsync() => NumberAsync("/count");

    /// <inheritdoc cref="IPeer.SumDebitedAsync"/>
    public Task<long> SumDebitedAsync() => NumberAsync("/sum");

    /// <inheritdoc cref="IPeer.DebitedAsync"/>
    public async Task<long[]> DebitedAsync()
    {
        byte[] bytes = await _client.GetByteArrayAsync(new Uri("/debited", UriKind.Relative));
        return MemoryMarshal.Cast<byte, long>(bytes).ToArray();
    }

    /// <summary>What counts for a peer that answers before it debits.</summary>
    async Task<long?> ITarget.DebitedAsync() => Name == "pg-serial-worker" ? await CountAsync() : null;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<long> NumberAsync(string path)
    {
        using HttpResponseMessage response = await _client.GetAsync(new Uri(path, UriKind.Relative));
        string text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? long.Parse(text, CultureInfo.InvariantCulture) : throw new InvalidDataException(text);
    }
}
