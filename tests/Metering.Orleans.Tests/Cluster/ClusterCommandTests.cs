using Metering.Silo.Cluster;

namespace Metering.Orleans.Tests.Cluster;

public sealed class ClusterCommandTests
{
    [Theory]
    [InlineData("cluster")]
    [InlineData("cluster --silos 3")]
    [InlineData("cluster --frontends 1 --port 8080")]
    [InlineData("cluster --silos 32 --frontends 32")]
    public void What_is_left_out_is_not_refused(string line) => Assert.Empty(ErrorsOf(line));

    [Theory]
    [InlineData("cluster --silos 0", "--silos takes 1 to 32.")]
    [InlineData("cluster --frontends 33 --silos 2", "--frontends takes 1 to 32.")]
    public void A_number_out_of_range_is_refused_by_its_name(string line, string error) => Assert.Equal([error], ErrorsOf(line));

    private static IEnumerable<string> ErrorsOf(string line) =>
        new System.CommandLine.RootCommand { ClusterCommand.Create() }.Parse(line).Errors.Select(error => error.Message);
}
