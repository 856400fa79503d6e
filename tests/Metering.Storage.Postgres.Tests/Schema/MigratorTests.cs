using Metering.Storage.Postgres.Schema;
using Metering.TestSupport;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Schema;

public sealed class MigratorTests
{
    private static readonly Migration First = new(1, "0001_first", "CREATE TABLE first (id int)");
    private static readonly Migration Second = new(2, "0002_second", "CREATE TABLE second (id int)");

    [Fact]
    public async Task Migrations_are_applied_once_whatever_number_of_processes_start_at_once()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync("migrate");
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Migrator.MigrateShardAsync(database.ConnectionString, default)));
        Assert.Equal((long)Migration.Load("Shard").Count, await ScalarAsync(database, "SELECT count(*) FROM schema_migration"));
        Assert.Equal(0L, await ScalarAsync(database, "SELECT count(*) FROM journal"));
    }

    [Fact]
    public async Task Control_and_shard_can_share_a_server_but_have_schemas_of_their_own()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync("migrate");
        await Migrator.MigrateControlAsync(database.ConnectionString, default);
        Assert.Equal(0L, await ScalarAsync(database, "SELECT version FROM directory_version"));
        await Assert.ThrowsAsync<SchemaMismatchException>(() => Migrator.MigrateShardAsync(database.ConnectionString, default));
    }

    [Fact]
    public async Task Changed_old_file_is_refused()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync("migrate");
        await Migrator.MigrateAsync(database.ConnectionString, [First], default);
        var changed = First with { Sql = "CREATE TABLE first (id bigint)" };
        var refusal = await Assert.ThrowsAsync<SchemaMismatchException>(
            () => Migrator.MigrateAsync(database.ConnectionString, [new Migration(1, changed.Name, changed.Sql), Second], default));
        Assert.Contains("0001_first has changed", refusal.Message, StringComparison.Ordinal);
        Assert.Null(await ScalarAsync(database, "SELECT to_regclass('second')::text"));
    }

    [Fact]
    public async Task Other_line_ends_are_no_change()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync("migrate");
        await Migrator.MigrateAsync(database.ConnectionString, [new Migration(1, "0001_first", "SELECT 1;\nSELECT 2")], default);
        await Migrator.MigrateAsync(database.ConnectionString, [new Migration(1, "0001_first", "SELECT 1;\r\nSELECT 2")], default);
    }

    [Fact]
    public async Task Database_of_a_newer_build_and_a_file_slipped_in_below_are_refused()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync("migrate");
        await Migrator.MigrateAsync(database.ConnectionString, [Second], default);
        await Assert.ThrowsAsync<SchemaMismatchException>(() => Migrator.MigrateAsync(database.ConnectionString, [], default));
        await Assert.ThrowsAsync<SchemaMismatchException>(() => Migrator.MigrateAsync(database.ConnectionString, [First, Second], default));
    }

    [Fact]
    public async Task Migration_that_fails_leaves_nothing_and_can_be_mended()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync("migrate");
        var broken = new Migration(2, "0002_second", "CREATE TABLE second (id int); SELECT 1 / 0");
        await Assert.ThrowsAsync<PostgresException>(() => Migrator.MigrateAsync(database.ConnectionString, [First, broken], default));
        Assert.Null(await ScalarAsync(database, "SELECT to_regclass('second')::text"));
        await Migrator.MigrateAsync(database.ConnectionString, [First, Second], default);
        Assert.Equal("second", await ScalarAsync(database, "SELECT to_regclass('second')::text"));
    }

    [Fact]
    public async Task Missing_database_is_made_once()
    {
        var maintenance = await PostgresServer.MaintenanceAsync();
        var name = $"made \"{Guid.NewGuid():N}";
        try
        {
            var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DatabaseCreator.EnsureAsync(maintenance, name, default)));
            Assert.Single(made, true);
            Assert.False(await DatabaseCreator.EnsureAsync(maintenance, name, default));
        }
        finally
        {
            await using var source = NpgsqlDataSource.Create(maintenance);
            await using var drop = source.CreateCommand(
                $"DROP DATABASE \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\" WITH (FORCE)");
            await drop.ExecuteNonQueryAsync();
        }
    }

    private static async Task<object?> ScalarAsync(TestDatabase database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is var value and not DBNull ? value : null;
    }
}
