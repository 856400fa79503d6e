using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.TestSupport;

namespace Metering.Storage.Postgres.Tests.Directories;

/// <summary>A control database of a test's own, with customers.</summary>
internal sealed class ControlBench : IAsyncDisposable
{
    private readonly TestDatabase _database;

    private ControlBench(TestDatabase database)
    {
        _database = database;
        Control = new ControlDatabase(new PostgresOptions { ConnectionString = database.ConnectionString });
        Store = new DirectoryStore(Control);
    }

    public ControlDatabase Control { get; }

    public DirectoryStore Store { get; }

    public static async Task<ControlBench> CreateAsync(params string[] customers)
    {
        var database = await PostgresServer.CreateControlAsync();
        var bench = new ControlBench(database);
        if (customers.Length > 0)
            await bench.Store.AddCustomersAsync([.. customers.Select(Customer)], default);
        return bench;
    }

    public async ValueTask DisposeAsync()
    {
        await Control.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static CustomerRecord Customer(string id) => new(
        id, id, $"{id}@example.com", "free", 1, "USD", "UTC", null, CustomerStatus.Active, Instant.UnixEpoch, 0);
}
