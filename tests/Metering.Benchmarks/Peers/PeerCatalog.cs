using Metering.Benchmarks.Peers.Postgres;

namespace Metering.Benchmarks.Peers;

/// <summary>The peers, by name.</summary>
internal static class PeerCatalog
{
    private static readonly Dictionary<string, Func<IPeer>> _all = new(StringComparer.Ordinal)
    {
        ["pg-statements"] = () => new StatementsPeer(),
        ["pg-function"] = () => new FunctionPeer(),
        ["pg-batched"] = () => new BatchedPeer(),
        ["pg-serial-worker"] = () => new SerialWorkerPeer(),
    };

    public static IReadOnlyCollection<string> Names => _all.Keys;

    public static IPeer Create(string name) =>
        _all.TryGetValue(name, out Func<IPeer>? make) ? make() : throw new ArgumentException($"No peer is called {name}.", nameof(name));
}
