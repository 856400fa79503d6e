using System.CommandLine;
using System.Globalization;
using Metering.Core.Time;
using Metering.Server.CommandLine;
using Metering.Server.Databases;
using Metering.Server.Settings;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Projections;
using Metering.Storage.Postgres.Shards;

namespace Metering.Server.Rebuild;

/// <summary><c>rebuild</c>: the tables for queries, again from the journal.</summary>
internal static class RebuildCommand
{
    public static Command Create()
    {
        var command = new Command(
            "rebuild",
            "Derive the tables for queries again from the journal: identical rows. A server may go on meanwhile; its projections wait.");
        var from = new Option<string?>("--from") { Description = "First day, in UTC. Default: the beginning", HelpName = "DAY" };
        var to = new Option<string?>("--to") { Description = "Last day, in UTC, inclusive. Default: the end", HelpName = "DAY" };
        command.Options.Add(from);
        command.Options.Add(to);
        SettingOptions settings = new SettingOptions().AddDatabases(command);
        command.SetAction((parsed, stop) =>
        {
            Instant? first = Day(parsed.GetValue(from), "--from", daysLater: 0);
            Instant? end = Day(parsed.GetValue(to), "--to", daysLater: 1);
            if (first >= end)
                throw new CommandFailedException("--from must not be after --to.");
            ServerSettings read = settings.Read(parsed);
            return ControlSession.RunAsync(read, (control, cancellation) => RunAsync(control, first, end, cancellation), stop);
        });
        return command;
    }

    private static async Task<int> RunAsync(ControlDatabase control, Instant? from, Instant? to, CancellationToken cancellation)
    {
        foreach (ShardAddress shard in await control.ReadShardsAsync(cancellation))
        {
            await using var database = new ShardDatabase(
                shard.Name, new PostgresOptions { ConnectionString = shard.ConnectionString, CommandTimeoutSeconds = 3_600 });
            RebuildSummary done = await new ProjectionRebuild(database, TimeProvider.System).RunAsync(from, to, cancellation);
            string written = $"{done.Partitions} partitions, {done.Groups:N0} groups, {done.Events:N0} events written again";
            Console.WriteLine($"{shard.Name}: {written}");
        }

        return ExitCodes.Done;
    }

    private static Instant? Day(string? text, string option, int daysLater)
    {
        if (text is null)
            return null;
        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day))
            throw new CommandFailedException($"{option} must be a day such as 2025-01-17, not '{text}'.");
        return Instant.FromDateTimeOffset(new DateTimeOffset(day.AddDays(daysLater), TimeOnly.MinValue, TimeSpan.Zero));
    }
}
