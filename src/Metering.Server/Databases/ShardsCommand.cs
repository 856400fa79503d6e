using System.CommandLine;
using Metering.Grid.Directory;
using Metering.Server.CommandLine;
using Metering.Server.Settings;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Moves;
using Metering.Storage.Postgres.Shards;
using Npgsql;
using Spectre.Console;

namespace Metering.Server.Databases;

/// <summary><c>shards</c>: which database holds which partitions, and how both change while traffic flows.</summary>
internal static class ShardsCommand
{
    public static Command Create() => new("shards", "The shard map: which database holds which partitions.") { List(), Add(), Move() };

    private static Command List()
    {
        var list = new Command("list", "List the shards, the partitions they hold, their sizes, and moves under way.");
        SettingOptions settings = new SettingOptions().AddDatabases(list);
        list.SetAction((parsed, stop) => ControlSession.RunAsync(settings.Read(parsed), ListAsync, stop));
        return list;
    }

    private static Command Add()
    {
        var add = new Command(
            "add",
            "Add an empty database as a shard. Running servers know it within a second; it holds no partitions until one is moved there.");
        var url = new Argument<string>("URL")
        {
            Description = "How every server reaches it: postgres://user:password@host:port/database. Kept in the control database, with "
                + "its password",
        };
        add.Arguments.Add(url);
        SettingOptions settings = new SettingOptions().AddDatabases(add);
        add.SetAction((parsed, stop) =>
        {
            if (!DatabaseUrl.TryParse(parsed.GetValue(url)!, out string? connection, out string? fault))
                throw new CommandFailedException($"The URL {fault}.");
            return ControlSession.RunAsync(
                settings.Read(parsed), (control, cancellation) => AddAsync(control, connection, cancellation), stop);
        });
        return add;
    }

    private static Command Move()
    {
        var move = new Command(
            "move",
            "Move a partition to another shard while traffic flows. If interrupted, anywhere, run it again: it goes on from there.");
        var partition = new Argument<int>("PARTITION") { Description = "The partition" };
        var to = new Option<string?>("--to") { Description = "The shard, by its name in 'shards list'", HelpName = "SHARD" };
        var abort = new Option<bool>("--abort") { Description = "Take back a move that has not fenced the partition yet" };
        move.Arguments.Add(partition);
        move.Options.Add(to);
        move.Options.Add(abort);
        SettingOptions settings = new SettingOptions().AddDatabases(move);
        move.SetAction((parsed, stop) =>
        {
            (int which, string? target, bool aborts) = (parsed.GetValue(partition), parsed.GetValue(to), parsed.GetValue(abort));
            if (target is null == !aborts)
                throw new SettingsException(["Give either --to SHARD or --abort."]);
            return ControlSession.RunAsync(
                settings.Read(parsed),
                (control, cancellation) => aborts
                    ? AbortAsync(control, which, cancellation)
                    : MoveAsync(control, which, target!, cancellation),
                stop);
        });
        return move;
    }

    private static async Task<int> ListAsync(ControlDatabase control, CancellationToken cancellation)
    {
        IReadOnlyList<ShardAssignment> map = await new DirectoryStore(control).ReadShardMapAsync(cancellation);
        ILookup<string, int> homes = map.ToLookup(row => row.Shard, row => row.Partition);
        Table table = new Table().RoundedBorder().AddColumns("shard", "database", "size", "count", "partitions");
        foreach (ShardAddress shard in await control.ReadShardsAsync(cancellation))
        {
            int[] partitions = [.. homes[shard.Name].Order()];
            table.AddRow(
                Markup.Escape(shard.Name), Markup.Escape(Place(shard)), await SizeAsync(shard, cancellation), $"{partitions.Length}",
                Ranges(partitions));
        }

        Terminal.Create().Write(table);
        IReadOnlyList<MoveRow> moves = await new MoveStore(control).ListAsync(cancellation);
        foreach (MoveRow move in moves)
            Console.WriteLine(
                $"partition {move.Partition} is on its way from {move.Source} to {move.Target}: {move.Step.ToString().ToLowerInvariant()} "
                + $"since {move.ChangedAt:u}, begun {move.StartedAt:u}");
        return ExitCodes.Done;
    }

    private static async Task<int> AddAsync(ControlDatabase control, string connection, CancellationToken cancellation)
    {
        try
        {
            (string name, bool isNew) = await ShardRegistry.AddAsync(control, connection, cancellation);
            Console.WriteLine(isNew ? $"{name} was added; it holds no partitions yet." : $"The database is {name} already.");
            return ExitCodes.Done;
        }
        catch (WrongShardException wrong)
        {
            throw new CommandFailedException(wrong.Message);
        }
    }

    private static async Task<int> MoveAsync(ControlDatabase control, int partition, string shard, CancellationToken cancellation)
    {
        MoveSummary summary = await RefusableAsync(() => Mover(control).RunAsync(partition, shard, cancellation));
        if (!summary.Moved)
            Console.WriteLine($"partition {partition} lives on '{shard}' already");
        else if (summary.Pause is { } pause)
            Console.WriteLine(
                $"partition {partition} was away for {pause.TotalMilliseconds:N0} ms, from the fence to its new owner's claim");
        else if (summary.Copying is { } copying)
            Console.WriteLine(
                $"partition {partition} was nobody's for {copying.TotalMilliseconds:N0} ms; no server has claimed it since");
        return ExitCodes.Done;
    }

    private static async Task<int> AbortAsync(ControlDatabase control, int partition, CancellationToken cancellation)
    {
        bool wasMoving = await RefusableAsync(() => Mover(control).AbortAsync(partition, cancellation));
        Console.WriteLine(wasMoving ? $"The move of partition {partition} was taken back." : $"Partition {partition} is not being moved.");
        return ExitCodes.Done;
    }

    private static PartitionMove Mover(ControlDatabase control) =>
        new(control, new MoveOptions(), TimeProvider.System, static what => Console.WriteLine(what));

    private static async Task<T> RefusableAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception refused) when (refused is MoveRefusedException or MoverReplacedException or WrongShardException)
        {
            throw new CommandFailedException(refused.Message);
        }
    }

    // Never the password.
    private static string Place(ShardAddress shard)
    {
        var parts = new NpgsqlConnectionStringBuilder(shard.ConnectionString);
        return $"{parts.Host}:{parts.Port}/{parts.Database}";
    }

    private static async Task<string> SizeAsync(ShardAddress shard, CancellationToken cancellation)
    {
        try
        {
            await using var database = new ShardDatabase(
                shard.Name, new PostgresOptions { ConnectionString = shard.ConnectionString, MaxConnections = 3 });
            return $"{await database.ReadSizeAsync(cancellation) / (1024.0 * 1024):N0} MiB";
        }
        catch (NpgsqlException)
        {
            return "away";
        }
    }

    private static string Ranges(int[] partitions)
    {
        var ranges = new List<string>();
        for (int index = 0; index < partitions.Length;)
        {
            int first = index;
            while (index + 1 < partitions.Length && partitions[index + 1] == partitions[index] + 1)
                index++;
            ranges.Add(first == index ? $"{partitions[first]}" : $"{partitions[first]}-{partitions[index]}");
            index++;
        }

        return string.Join(' ', ranges);
    }
}
