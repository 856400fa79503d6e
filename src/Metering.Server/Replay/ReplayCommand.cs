using System.CommandLine;
using System.CommandLine.Parsing;
using Metering.Server.Client;
using Metering.Server.CommandLine;
using Metering.Server.Hosting;
using Metering.Server.Keys;
using Metering.Server.Serve;
using Metering.Server.Settings;

namespace Metering.Server.Replay;

/// <summary><c>replay</c>: the rows of a file as events.</summary>
internal static class ReplayCommand
{
    private static readonly ReplayPlan defaults = new() { File = "" };
    private static readonly Argument<FileInfo> file = new("FILE") { Description = "A CSV file with a header row" };
    private static readonly Option<string> type = Text("--type", "Type of the events", defaults.Type);
    private static readonly Option<string> time = Text("--time", "Column with the time", defaults.TimeColumn);
    private static readonly Option<string[]> map = Pairs("--map", "property=COLUMN; repeat it", defaults.Map);
    private static readonly Option<string[]> constant = Pairs("--constant", "property=value of every event; repeat it", defaults.Constants);
    private static readonly Option<string> customer = Text(
        "--customer", "Who used it; made where there is no such customer", defaults.Customer);
    private static readonly Option<string> plan = Text("--plan", "Plan of a customer that is made", defaults.Plan);
    private static readonly Option<string> credits = Text("--credits", "Credits of a customer that is made", defaults.Credits);
    private static readonly Option<bool> keepTimes = new("--keep-times")
    {
        Description = "Keep the times; otherwise all move so that the last row is now",
    };

    private static readonly Option<int> batch = new("--batch")
    {
        Description = "Events a request, 1 to 10000", DefaultValueFactory = _ => defaults.BatchSize,
    };

    private static readonly Option<string?> server = new("--server")
    {
        Description = "A server that runs; otherwise one is started on a free port", HelpName = "URL",
    };

    private static readonly Option<string?> key = new("--key")
    {
        Description = "Its operator's key. Default: METERING_OPERATOR_KEY", HelpName = "KEY",
    };

    public static Command Create()
    {
        var command = new Command(
            "replay",
            "Send the rows of a CSV file as events, each counted once however often it is replayed. The defaults fit the Azure LLM "
            + "inference traces.");
        command.Arguments.Add(file);
        SettingOptions settings = new SettingOptions().AddDatabases(command);
        foreach (Option option in (Option[])[type, time, map, constant, customer, plan, credits, keepTimes, batch, server, key])
            command.Options.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            ReplayPlan what = Plan(parsed);
            ServerSettings read = settings.Read(parsed, ("port", "0"), ("address", "127.0.0.1"));
            using var signals = new StopSignals();
            if (parsed.GetValue(server) is { } url)
                return await ToServerAsync(url, parsed.GetValue(key) ?? read.OperatorKey, what, signals.Token);
            return await Serving.RunAsync(
                read with { LogLevel = Quieter(read.LogLevel) }, (host, stop) => HereAsync(host, what, stop), signals.Token);
        });
        return command;
    }

    private static async Task<int> ToServerAsync(string url, string? secret, ReplayPlan what, CancellationToken stop)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address))
            throw new CommandFailedException($"--server must be a URL such as http://127.0.0.1:8080, not '{url}'.");
        if (secret is null)
            throw new CommandFailedException("--server needs --key, or METERING_OPERATOR_KEY in the environment.");
        using var client = new MeteringClient(address, secret, TimeProvider.System);
        Tally tally = await new ReplayRun(client, Terminal.Create(), TimeProvider.System, what).RunAsync(stop);
        return tally.Refused.ContainsKey(EventOutcome.UnavailableCode) ? ExitCodes.Failed : ExitCodes.Done;
    }

    private static async Task<bool> HereAsync(ServerHost host, ReplayPlan what, CancellationToken stop)
    {
        string secret = await RunKey.MakeAsync(host.Engine.DirectoryStore, "replay", TimeProvider.System, stop);
        using var client = new MeteringClient(host.Address, secret, TimeProvider.System);
        await new ReplayRun(client, Terminal.Create(), TimeProvider.System, what).RunAsync(stop);
        await RunKey.RevokeAsync(host.Engine.DirectoryStore, "replay", TimeProvider.System, stop);
        return false;
    }

    private static ReplayPlan Plan(ParseResult parsed)
    {
        FileInfo chosen = parsed.GetValue(file)!;
        if (!chosen.Exists)
            throw new CommandFailedException($"There is no file {chosen.FullName}.");
        return defaults with
        {
            File = chosen.FullName,
            Type = parsed.GetValue(type)!,
            TimeColumn = parsed.GetValue(time)!,
            Map = Given(parsed, map) ?? defaults.Map,
            Constants = Given(parsed, constant) ?? defaults.Constants,
            Customer = parsed.GetValue(customer)!,
            Plan = parsed.GetValue(plan)!,
            Credits = parsed.GetValue(credits)!,
            KeepTimes = parsed.GetValue(keepTimes),
            BatchSize = parsed.GetValue(batch) is >= 1 and <= 10_000 and int size
                ? size
                : throw new CommandFailedException("--batch must be from 1 to 10000."),
        };
    }

    private static List<KeyValuePair<string, string>>? Given(ParseResult parsed, Option<string[]> option)
    {
        if (parsed.GetResult(option) is not { Implicit: false })
            return null;
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (string text in parsed.GetValue(option) ?? [])
        {
            string[] parts = text.Split('=', 2);
            if (parts.Length < 2 || parts[0].Length == 0)
                throw new CommandFailedException($"{option.Name} takes name=value, not '{text}'.");
            pairs.Add(new(parts[0], parts[1]));
        }

        return pairs;
    }

    private static LogLevel Quieter(LogLevel level) => level == LogLevel.Information ? LogLevel.Warning : level;

    private static Option<string> Text(string name, string description, string otherwise) =>
        new(name) { Description = description, DefaultValueFactory = _ => otherwise };

    private static Option<string[]> Pairs(string name, string description, IReadOnlyList<KeyValuePair<string, string>> otherwise) =>
        new(name)
        {
            Description = $"{description}. Default: {string.Join(' ', otherwise.Select(pair => $"{pair.Key}={pair.Value}"))}",
            HelpName = "A=B",
        };
}
