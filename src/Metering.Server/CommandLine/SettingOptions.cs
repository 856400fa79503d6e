using System.Collections;
using System.CommandLine;
using System.Globalization;
using Metering.Server.Settings;

namespace Metering.Server.CommandLine;

/// <summary>The options that stand for settings. What is not given comes from the environment and <c>silo-config/server.json</c>.</summary>
internal sealed class SettingOptions
{
    private readonly Option<int?> port = new("--port", "-p")
    {
        Description = "TCP port to serve on; 0 takes a free one. Default: 8080", HelpName = "PORT",
    };

    private readonly Option<string?> address = new("--address")
    {
        Description = "Address to listen on. Default: 127.0.0.1", HelpName = "IP",
    };

    private readonly Option<string?> data = new("--data")
    {
        Description = "Data folder, holds the private PostgreSQL. Default: .data", HelpName = "DIR",
    };

    private readonly Option<string?> control = new("--control")
    {
        Description = "Existing control database instead of a private PostgreSQL: postgres://user:password@host:port/database, or a "
            + "connection string of Npgsql",
        HelpName = "URL",
    };

    private readonly Option<string[]> shards = new("--shard")
    {
        Description = "Existing shard database; repeat it, always in the same order. Default: those the control database names",
        HelpName = "URL",
    };

    /// <summary>Adds the options of where the data is.</summary>
    public SettingOptions AddDatabases(Command command)
    {
        command.Options.Add(data);
        command.Options.Add(control);
        command.Options.Add(shards);
        return this;
    }

    /// <summary>Adds the options of where to serve.</summary>
    public SettingOptions AddServing(Command command)
    {
        command.Options.Add(port);
        command.Options.Add(address);
        return this;
    }

    /// <summary>Reads all settings.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="fixedValues">Settings that the command itself decides, by name.</param>
    /// <exception cref="SettingsException">Something is wrong; every fault is named.</exception>
    public ServerSettings Read(ParseResult parsed, params (string Name, string Value)[] fixedValues) =>
        Read(parsed, "server.json", static (_, settings) => settings, fixedValues);

    /// <summary>Reads all settings, and those of another program beside them.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="file">The name of the settings file in <c>silo-config</c>.</param>
    /// <param name="more">Reads what the other program has besides.</param>
    /// <param name="fixedValues">Settings that the command itself decides, by name.</param>
    /// <exception cref="SettingsException">Something is wrong; every fault is named.</exception>
    public T Read<T>(
        ParseResult parsed, string file, Func<SettingValues, ServerSettings, T> more, params (string Name, string Value)[] fixedValues)
    {
        var options = new Dictionary<string, string>();
        Add(options, parsed, port, "port");
        Add(options, parsed, address, "address");
        Add(options, parsed, data, "data");
        Add(options, parsed, control, "control");
        if (parsed.GetResult(shards) is not null && parsed.GetValue(shards) is { Length: > 0 } urls)
            options["shards"] = string.Join('\n', urls);
        foreach ((string name, string value) in fixedValues)
            options[name] = value;
        IDictionary environment = Environment.GetEnvironmentVariables();
        return SettingsReader.Read(ConfigFolder.File(file), environment, options, more);
    }

    private static void Add<T>(Dictionary<string, string> options, ParseResult parsed, Option<T> option, string name)
    {
        if (parsed.GetResult(option) is not null && parsed.GetValue(option) is { } value)
            options[name] = Convert.ToString(value, CultureInfo.InvariantCulture)!;
    }
}
