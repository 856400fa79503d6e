using Metering.Server.Hosting;
using Metering.Server.Keys;
using Metering.Server.Settings;
using Metering.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Scenarios.Support;

/// <summary>
/// A real server on a free port, with a control database and two shards of its own on a real PostgreSQL. Scenarios share one and keep
/// apart by their customers.
/// </summary>
/// <remarks>Where there is a <see cref="GivenCluster"/>, they are told to that one; those with a server of their own are to be left out
/// then.</remarks>
public sealed class ScenarioServer : IAsyncLifetime
{
    private readonly string key = GivenCluster.IsThere ? GivenCluster.Key : OperatorKeys.NewSecret();
    private readonly List<TestDatabase> databases = [];
    private ServerHost? host;
    private ApiClient? api;

    /// <summary>Changes the settings that the server starts with. Default: nothing.</summary>
    internal Func<ServerSettings, ServerSettings> Configure { get; init; } = settings => settings;

    /// <summary>The API with the operator's key.</summary>
    internal ApiClient Operator => api ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>Where it serves.</summary>
    internal Uri Address => GivenCluster.IsThere ? GivenCluster.Servers[0] : Host.Address;

    /// <summary>The operator's key.</summary>
    internal string Key => key;

    internal ServerHost Host => host ?? throw new InvalidOperationException("The server does not run.");

    public async Task InitializeAsync()
    {
        if (GivenCluster.IsThere)
        {
            api = new ApiClient(GivenCluster.Servers, key);
            return;
        }

        databases.Add(await PostgresServer.CreateControlAsync("scenario_control"));
        databases.Add(await PostgresServer.CreateShardAsync("scenario_shard"));
        databases.Add(await PostgresServer.CreateShardAsync("scenario_shard"));
        await StartAsync();
    }

    /// <summary>Stops the server in good order and starts another on the same databases.</summary>
    public async Task RestartAsync()
    {
        await Host.StopAsync();
        Operator.Dispose();
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        Operator.Dispose();
        if (GivenCluster.IsThere)
            return;
        await Host.StopAsync();
        foreach (TestDatabase database in databases)
            await database.DisposeAsync();
    }

    /// <summary>Signs in with a customer's own key.</summary>
    internal async Task<ApiClient> SignInAsync(string customer, params string[] scopes)
    {
        Answer made = await Operator.PostAsync($"/v1/customers/{customer}/keys", new { name = "test", scopes });
        return new ApiClient(GivenCluster.IsThere ? GivenCluster.Servers : [Address], made.Expect(201).Text("secret"));
    }

    /// <summary>Without a key.</summary>
    internal ApiClient Anonymous() => new(Address, null);

    private async Task StartAsync()
    {
        var settings = new ServerSettings
        {
            Port = 0, Control = databases[0].ConnectionString,
                Shards = [.. databases.Skip(1).Select(database => database.ConnectionString)],
            OperatorKey = key, Partitions = 8, StatusSeconds = 0, WebhookPrivateAddresses = true,
        };
        host = await ServerHost.StartAsync(Configure(settings), NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
        api = new ApiClient(host.Address, key);
    }
}

/// <summary>All scenarios that share a server.</summary>
[CollectionDefinition(Name)]
public sealed class SharedServer : ICollectionFixture<ScenarioServer>
{
    public const string Name = "one server";
}
