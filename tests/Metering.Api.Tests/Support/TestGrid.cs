using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.TestSupport;

namespace Metering.Api.Tests.Support;

/// <summary>The API in front of an engine in memory, with the shipped catalogues loaded, at noon of 17 January 2025.</summary>
internal sealed class TestGrid : IAsyncDisposable
{
    private TestGrid(FakeEngine engine, ApiHost host)
    {
        Engine = engine;
        Host = host;
    }

    public FakeEngine Engine { get; }

    public ApiHost Host { get; }

    public HttpClient Operator => Host.Operator;

    /// <summary>With a clock that stands still.</summary>
    public static Task<TestGrid> StartAsync() => StartAsync(new ManualTime(new DateTimeOffset(2025, 1, 17, 12, 0, 0, TimeSpan.Zero)));

    public static async Task<TestGrid> StartAsync(TimeProvider time)
    {
        var engine = new FakeEngine(time);
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "silo-config", "catalog"), "*.json")
            .Order(StringComparer.Ordinal))
            await LoadAsync(engine, file);
        return new TestGrid(engine, await ApiHost.StartAsync(engine, time));
    }

    /// <summary>Makes a customer over HTTP.</summary>
    public async Task<string> AddCustomerAsync(string id, string plan, string zone = "UTC")
    {
        Reply reply = await Operator.PostJsonAsync(
            "/v1/customers",
            $$"""{"id":"{{id}}","name":"Customer {{id}}","email":"{{id}}@example.com","plan":"{{plan}}","time_zone":"{{zone}}"}""");
        reply.Expect(201);
        return id;
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private static async Task LoadAsync(FakeEngine engine, string file)
    {
        byte[] text = await File.ReadAllBytesAsync(file);
        Assert.True(
            CatalogJson.TryReadCatalogue(
                text, new Dictionary<MeterId, Meter>(), out Catalogue? catalogue, out IReadOnlyList<CatalogFault> faults),
            $"{file}: {string.Join("; ", faults)}");
        foreach (Meter meter in catalogue.Meters)
            await engine.Control.PutMeterAsync(meter, CancellationToken.None);
        foreach (Plan plan in catalogue.Plans)
            await engine.Control.PutPlanAsync(plan, CancellationToken.None);
    }
}
