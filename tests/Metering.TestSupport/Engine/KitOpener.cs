using Xunit;

namespace Metering.TestSupport.Engine;

/// <summary>Opens the engine that an <see cref="EngineKit"/> is about: one for all its tests, and one for each that ends it.</summary>
public abstract class KitOpener : IAsyncLifetime
{
    /// <summary>The one that is shared.</summary>
    public KitCluster Cluster { get; private set; } = null!;

    /// <summary>An engine that serves, on empty databases.</summary>
    public abstract Task<KitCluster> OpenAsync();

    /// <inheritdoc />
    public async Task InitializeAsync() => Cluster = await OpenAsync();

    /// <inheritdoc />
    public async Task DisposeAsync() => await Cluster.DisposeAsync();
}
