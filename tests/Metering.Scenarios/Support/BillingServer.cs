using System.Text.Json;
using Metering.Server.Hosting;
using Metering.Server.Keys;
using Metering.Server.Settings;
using Metering.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Scenarios.Support;

/// <summary>
/// A real server on a real PostgreSQL, whose wall clock the test moves. Stories that share one take months one after the other.
/// </summary>
/// <remarks>Where there is a <see cref="GivenCluster"/> with a clock, they are told to that one.</remarks>
public sealed class BillingServer : IAsyncLifetime
{
    private readonly List<TestDatabase> databases = [];
    private ServerHost? host;
    private ApiClient? api;

    /// <summary>Begins at the start of 2025.</summary>
    public BillingServer()
        : this(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    internal BillingServer(DateTimeOffset start) => Clock = new BillingClock(start, GivenCluster.HasClock ? GivenCluster.MoveTo : null);

    /// <summary>Changes the settings that the server starts with. Default: nothing.</summary>
    internal Func<ServerSettings, ServerSettings> Configure { get; init; } = settings => settings;

    internal BillingClock Clock { get; }

    /// <summary>The API with the operator's key.</summary>
    internal ApiClient Operator => api ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>Where it serves.</summary>
    internal Uri Address => host!.Address;

    /// <summary>The control database.</summary>
    internal string Control => databases[0].ConnectionString;

    /// <summary>An empty database that ends with the server.</summary>
    internal async Task<string> MakeDatabaseAsync()
    {
        databases.Add(await PostgresServer.CreateDatabaseAsync("billing_shard"));
        return databases[^1].ConnectionString;
    }

    /// <summary>A server of a test's own, at a time of its own.</summary>
    internal static async Task<BillingServer> StartAsync(DateTimeOffset start)
    {
        var server = new BillingServer(start);
        await server.InitializeAsync();
        return server;
    }

    public async Task InitializeAsync()
    {
        if (GivenCluster.HasClock)
        {
            api = new ApiClient(GivenCluster.Servers, GivenCluster.Key);
            return;
        }

        databases.Add(await PostgresServer.CreateControlAsync("billing_control"));
        databases.Add(await PostgresServer.CreateShardAsync("billing_shard"));
        string key = OperatorKeys.NewSecret();
        host = await ServerHost.StartAsync(
            Configure(Settings(databases[0].ConnectionString, databases[1].ConnectionString, key)), NullLoggerFactory.Instance, Clock,
            CancellationToken.None);
        api = new ApiClient(host.Address, key);
    }

    public async Task DisposeAsync()
    {
        api?.Dispose();
        if (host is not null)
            await host.StopAsync();
        foreach (TestDatabase database in databases)
            await database.DisposeAsync();
    }

    /// <summary>Settings of a server whose clock is not PostgreSQL's.</summary>
    internal static ServerSettings Settings(string control, string shard, string key) => new()
    {
        Port = 0, Control = control, Shards = [shard], OperatorKey = key, Partitions = 4, StatusSeconds = 0,
        ClockSkewMax = TimeSpan.FromDays(36_500),
    };

    /// <summary>Moves to the start of the next month, or of the next one of so many days.</summary>
    internal Month NextMonth(int? days = null)
    {
        DateTimeOffset now = Clock.GetUtcNow();
        var month = new Month(new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero)).Next;
        while (days is not null && month.Days != days)
            month = month.Next;
        Clock.MoveTo(month.Start);
        return month;
    }

    /// <summary>A new customer, whose default project has its id.</summary>
    internal async Task<string> CustomerAsync(
        string plan, string? currency = null, string? zone = null, object? billing = null, int? anchor = null)
    {
        string id = $"c{Guid.NewGuid():N}";
        (await TryCustomerAsync(id, plan, currency, zone, billing, anchor)).Expect(201);
        return id;
    }

    internal Task<Answer> TryCustomerAsync(
        string id, string plan, string? currency = null, string? zone = null, object? billing = null, int? anchor = null)
    {
        var body = new Dictionary<string, object>
        {
            ["id"] = id, ["name"] = "Customer of a story", ["email"] = id + "@example.org", ["plan"] = plan,
        };
        if (currency is not null)
            body["currency"] = currency;
        if (zone is not null)
            body["time_zone"] = zone;
        if (billing is not null)
            body["billing"] = billing;
        if (anchor is not null)
            body["billing_anchor_day"] = anchor;
        return Operator.PostAsync("/v1/customers", body);
    }

    /// <summary>A plan in US dollars on a meter of its own, whose events are <c>story.{id}</c>.</summary>
    internal async Task<string> PlanAsync(string charge, string meter = "", string plan = "", string currency = "USD")
    {
        string id = $"p{Guid.NewGuid():N}";
        string read = meter.Length == 0 ? """ "aggregation":"sum","value":"quantity" """ : meter;
        (await Operator.SendAsync(HttpMethod.Put, $"/v1/meters/{id}", $$"""{"event_type":"story.{{id}}",{{read}},"unit":"units"}"""))
            .Expect(201);
        string more = plan.Length == 0 ? """ "wallet_mode":"postpaid" """ : plan;
        string body = $$"""{"name":"Story","currency":"{{currency}}",{{more}},"charges":[{"meter":"{{id}}",{{charge}}}]}""";
        (await Operator.SendAsync(HttpMethod.Put, $"/v1/plans/{id}", body.Replace("METER", id, StringComparison.Ordinal))).Expect(201);
        return id;
    }

    /// <summary>Sends events that are all accepted.</summary>
    internal async Task UseAsync(string customer, string type, DateTimeOffset? time, params object[] data)
    {
        object[] events = [.. data.Select(each => Story.Event(
            type, customer, Guid.NewGuid().ToString("N"), each, (time ?? Clock.GetUtcNow()).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'")))];
        Answer answer = await Operator.IngestAsync(events);
        Assert.All(answer.Codes(), code => Assert.Equal("accepted", code));
    }

    /// <summary>Sends one quantity.</summary>
    internal Task UseAsync(string customer, string type, decimal quantity, DateTimeOffset? time = null) =>
        UseAsync(customer, type, time, new { quantity });

    /// <summary>Asks for the invoice of a month: the draft while it is open.</summary>
    internal Task<Answer> AskAsync(string project, Month month) => AskAsync(project, month.FirstDay, month.LastDay);

    internal Task<Answer> AskAsync(string project, string start, string end) =>
        Operator.PostAsync($"/v1/billing/{project}/invoice", new { period_start = start, period_end = end });

    /// <summary>Closes a month and waits for the invoice, which nobody asks for.</summary>
    internal async Task<Bill> CloseAsync(string project, Month month)
    {
        Clock.MoveTo(month.Closed);
        return await IssuedAsync(project, month.Label);
    }

    /// <summary>Waits for the invoice of a month that is closed.</summary>
    internal async Task<Bill> IssuedAsync(string project, string label)
    {
        JsonElement? invoice = await Story.UntilAsync(
            async () =>
            {
                Answer answer = (await Operator.GetAsync($"/v1/billing/{project}/invoices")).Expect(200);
                return answer.Rows("data").Where(row => row.GetProperty("billing_period").GetString() == label)
                    .Select(row => (JsonElement?)row).SingleOrDefault();
            },
            found => found is not null);
        return new Bill(invoice!.Value);
    }

    /// <summary>Moves an invoice.</summary>
    internal Task<Answer> MoveAsync(Bill bill, string status) =>
        Operator.PutAsync($"/v1/billing/invoice/{bill.Id}/status", new { status });
}

/// <summary>Stories of billing that share a server.</summary>
[CollectionDefinition(Name)]
public sealed class SharedBilling : ICollectionFixture<BillingServer>
{
    public const string Name = "one billing server";
}
