using Metering.Storage.Postgres.Connections;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Shards;

public sealed class DataSourceNameTests
{
    [Fact]
    public void A_pool_is_named_without_host_and_role_and_servers_are_told_apart()
    {
        string first = NameOf("Host=db7.internal;Database=metering;Username=billing");
        string second = NameOf("Host=db8.internal;Database=metering;Username=billing");
        Assert.StartsWith("journal metering ", first, StringComparison.Ordinal);
        Assert.DoesNotContain("db7", first, StringComparison.Ordinal);
        Assert.DoesNotContain("billing", first, StringComparison.Ordinal);
        Assert.NotEqual(first, second);
    }

    private static string NameOf(string text) => DataSources.NameOf("journal", new NpgsqlConnectionStringBuilder(text));
}
