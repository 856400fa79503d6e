using Metering.Orleans.Tests.Support;
using Metering.TestSupport.Engine;

namespace Metering.Orleans.Tests.Engine;

/// <summary>A front end over two silos does what every engine must.</summary>
public sealed class OrleansEngineKitTests : EngineKit
{
    protected override async Task<KitCluster> OpenAsync() => await TestCluster.StartAsync(silos: 2);
}
