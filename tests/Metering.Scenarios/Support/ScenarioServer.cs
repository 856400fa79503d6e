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
/// <remarks>
/// Where <c>METERING_SCENARIO_SERVERS</c> names front ends of a cluster that runs already (URLs with spaces between), and
/// <c>METERING_SCENARIO_KEY</c> its operator's key, the scenarios that share a server are told to
/// that one, to each of its front ends in turn; those with a server of their own are to be left out then.
/// </remarks>
public sealed class ScenarioServer : IAsyncLifetime
{
    private static readonly Uri[] given =
    [
        .. (Environment.GetEnvironmentVariable("METERING_SCENARIO_SERVERS") ?? "")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(address => new Uri(address)),
    ];

    private readonly string key = given.Length > 0
        ? Environment.GetEnvironmentVariable("METERING_SCENARIO_KEY")
            ?? throw new InvalidOperationException("METERING_SCENARIO_SERVERS needs METERING_SCENARIO_KEY.")
        : OperatorKeys.NewSecret();

    private readonly List<TestDatabase> databases = [];
    private ServerHost? host;
    private ApiClient? api;

    /// <summary>Changes the settings that the server starts with. Default: nothing.</summary>
    internal Func<ServerSettings, ServerSettings> Configure { get; init; } = settings => settings;

    /// <summary>The API with the operator's key.</summary>
    internal ApiClient Operator => api ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>Where it serves.</summary>
    internal Uri Address => given.Length > 0 ? given[0] : Host.Address;

    /// <summary>The operator's key.</summary>
    internal string Key => key;

    internal ServerHost Host => host ?? throw new InvalidOperationException("The server does not run.");

    public async Task InitializeAsync()
    {
        if (given.Length > 0)
        {
            api = new ApiClient(given, key);
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
        if (given.Length > 0)
            return;
        await Host.StopAsync();
        foreach (TestDatabase database in databases)
            await database.DisposeAsync();
    }

    /// <summary>Signs in with a customer's own key.</summary>
    internal async Task<ApiClient> SignInAsync(string customer, params string[] scopes)
    {
        Answer made = await Operator.PostAsync($"/v1/customers/{customer}/keys", new { name = "test", scopes });
        return new ApiClient(given.Length > 0 ? given : [Address], made.Expect(201).Text("secret"));
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
