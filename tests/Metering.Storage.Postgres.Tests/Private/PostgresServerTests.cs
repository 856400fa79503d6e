using Metering.TestSupport;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Private;

public sealed class PostgresServerTests
{
    [Fact]
    public async Task Databases_of_tests_are_apart_and_end_with_their_sessions()
    {
        await using var one = await PostgresServer.CreateShardAsync("apart");
        var other = await PostgresServer.CreateShardAsync("apart");
        Assert.NotEqual(one.Name, other.Name);
        await using var stays = new NpgsqlConnection(one.ConnectionString);
        await stays.OpenAsync();
        await using var ends = new NpgsqlConnection(other.ConnectionString);
        await ends.OpenAsync();

        await other.DisposeAsync();

        await using var count = new NpgsqlCommand("SELECT count(*) FROM lease", stays);
        Assert.Equal(0L, await count.ExecuteScalarAsync());
        await using var late = new NpgsqlCommand("SELECT count(*) FROM lease", ends);
        await Assert.ThrowsAsync<PostgresException>(() => late.ExecuteScalarAsync());
    }
}
