using Metering.TestSupport;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Private;

public sealed class PostgresServerTests
{
    [Fact]
    public async Task Databases_of_tests_are_apart_and_are_dropped_with_their_sessions()
    {
        await using var one = await PostgresServer.CreateDatabaseAsync("apart");
        var other = await PostgresServer.CreateDatabaseAsync("apart");
        Assert.NotEqual(one.Name, other.Name);
        await using var open = new NpgsqlConnection(other.ConnectionString);
        await open.OpenAsync();

        await other.DisposeAsync();

        await using var connection = new NpgsqlConnection(one.ConnectionString);
        await connection.OpenAsync();
        await using var count = new NpgsqlCommand("SELECT count(*) FROM pg_database WHERE datname = ANY($1)", connection)
        {
            Parameters = { new() { Value = new[] { one.Name, other.Name } } },
        };
        Assert.Equal(1L, await count.ExecuteScalarAsync());
    }
}
