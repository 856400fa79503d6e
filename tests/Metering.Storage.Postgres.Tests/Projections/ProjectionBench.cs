using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Projections;
using Metering.Storage.Postgres.Tests.Shards;
using Metering.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Storage.Postgres.Tests.Projections;

/// <summary>A shard with journals, a control database and projectors over them.</summary>
internal sealed class ProjectionBench : IAsyncDisposable
{
    private readonly TestDatabase _controlFiles;
    private readonly ControlDatabase _control;

    private ProjectionBench(TestShard shard, JournalMaker journal, TestDatabase controlFiles, ControlDatabase control)
    {
        (Shard, Journal, _controlFiles, _control) = (shard, journal, controlFiles, control);
        Directory = new DirectoryStore(control);
    }

    public TestShard Shard { get; }

    public JournalMaker Journal { get; }

    public IDirectoryStore Directory { get; }

    public static async Task<ProjectionBench> CreateAsync(int partitions, int seed)
    {
        var shard = await TestShard.CreateAsync(partitions);
        var files = await PostgresServer.CreateControlAsync();
        var control = new ControlDatabase(new PostgresOptions { ConnectionString = files.ConnectionString });
        var journal = new JournalMaker(shard, partitions, seed);
        await journal.ClaimAsync();
        return new ProjectionBench(shard, journal, files, control);
    }

    public Projector Projector(ProjectorOptions? options = null, IDirectoryStore? directory = null, TimeProvider? time = null) => new(
        Shard.Database, Journal, directory ?? Directory, options ?? new ProjectorOptions(), time ?? TimeProvider.System,
            NullLogger<Projector>.Instance);

    /// <summary>Projects and settles until everything committed is in the tables.</summary>
    public async Task DrainAsync(Projector projector)
    {
        await ProjectAsync(projector);
        await projector.SettleAsync(default);
    }

    /// <summary>Projects until everything committed is in the tables, but for hourly changes that wait to be settled.</summary>
    public async Task ProjectAsync(Projector projector)
    {
        while (!await IsDrainedAsync())
            await projector.ProjectOnceAsync(default);
    }

    /// <summary>How many hourly changes wait.</summary>
    public Task<object?> ChangesAsync() => Shard.ScalarAsync("SELECT count(*) FROM usage_hour_change");

    public async Task<bool> IsDrainedAsync() => Equals(
        await Shard.ScalarAsync("SELECT coalesce(sum(seq), 0)::bigint FROM projection_cursor"), Journal.ListOwned("s1").Sum(
            partition => partition.CommittedSequence));

    /// <summary>Every row of every table for queries, sorted.</summary>
    public async Task<IReadOnlyList<string>> DumpAsync()
    {
        var rows = new List<string>();
        string[] tables =
            ["usage_event", "usage_hourly", "ledger_entry", "alert", "invoice", "credit_note", "projection_project"];
        foreach (var table in tables)
        {
            await using var command = Shard.Plain.CreateCommand($"SELECT '{table} ' || shown.*::text FROM {table} AS shown ORDER BY 1");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                rows.Add(reader.GetString(0));
        }

        return rows;
    }

    public async Task ForgetProjectionsAsync() => await Shard.ScalarAsync("""
        DELETE FROM usage_event; DELETE FROM usage_hourly; DELETE FROM usage_hour_change;
        DELETE FROM ledger_entry; DELETE FROM alert; DELETE FROM invoice; DELETE FROM credit_note;
        DELETE FROM projection_project;
        DELETE FROM partition_fact; UPDATE projection_cursor SET seq = 0;
        """);

    public async ValueTask DisposeAsync()
    {
        await _control.DisposeAsync();
        await _controlFiles.DisposeAsync();
        await Shard.DisposeAsync();
    }
}
