using Metering.Benchmarks.Peers.Postgres;
using Metering.Benchmarks.Peers.Redis;

namespace Metering.Benchmarks.Peers;

/// <summary>The peers, by name.</summary>
internal static class PeerCatalog
{
    private static readonly Dictionary<string, Func<IPeer>> _all = new(StringComparer.Ordinal)
    {
        ["pg-statements"] = () => new StatementsPeer(),
        ["pg-function"] = () => new FunctionPeer(),
        ["pg-batched"] = () => new BatchedPeer(),
        ["redis-lua"] = () => new RedisPeer(),
        ["pg-serial-worker"] = () => new SerialWorkerPeer(),
    };

    public static IReadOnlyCollection<string> Names => _all.Keys;

    /// <summary>Why a peer cannot run here, after trying to install what it lacks; null when it can.</summary>
    public static Task<string?> MissingAsync(string name) =>
        name == "redis-lua" ? RedisProcess.MissingAsync() : Task.FromResult<string?>(null);

    public static IPeer Create(string name) =>
        _all.TryGetValue(name, out Func<IPeer>? make) ? make() : throw new ArgumentException($"No peer is called {name}.", nameof(name));
}
