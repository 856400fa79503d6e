using Metering.Orleans.Tests.Support;
using Metering.TestSupport.Engine;

namespace Metering.Orleans.Tests.Engine;

/// <summary>A front end over two silos does what every engine must.</summary>
public sealed class OrleansEngineKitTests(OrleansEngineKitTests.Opener opener)
    : EngineKit(opener), IClassFixture<OrleansEngineKitTests.Opener>
{
    public sealed class Opener : KitOpener
    {
        public override async Task<KitCluster> OpenAsync() => await TestCluster.StartAsync(silos: 2);
    }
}
