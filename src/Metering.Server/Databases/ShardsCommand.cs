using System.CommandLine;
using Metering.Grid.Directory;
using Metering.Server.CommandLine;
using Spectre.Console;

namespace Metering.Server.Databases;

/// <summary><c>shards</c>: which database holds which partitions.</summary>
internal static class ShardsCommand
{
    public static Command Create()
    {
        var list = new Command("list", "List the shards and the partitions they hold.");
        SettingOptions settings = new SettingOptions().AddDatabases(list);
        list.SetAction((parsed, stop) =>
            ControlSession.WithDirectoryAsync(settings.Read(parsed), async (directory, cancellation) =>
        {
            IReadOnlyList<ShardAssignment> map = await directory.ReadShardMapAsync(cancellation);
            Table table = new Table().RoundedBorder().AddColumns("shard", "count", "partitions");
            foreach (IGrouping<string, ShardAssignment> shard in map.GroupBy(row => row.Shard)
                .OrderBy(group => group.Key, StringComparer.Ordinal))
                table.AddRow(Markup.Escape(shard.Key), $"{shard.Count()}", Ranges([.. shard.Select(row => row.Partition).Order()]));
            Terminal.Create().Write(table);
            return ExitCodes.Done;
        }, stop));
        return new Command("shards", "The shard map.") { list };
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
