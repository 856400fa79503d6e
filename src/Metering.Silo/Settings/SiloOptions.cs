using System.CommandLine;
using System.Net;
using Metering.Server.CommandLine;
using Metering.Server.Settings;

namespace Metering.Silo.Settings;

/// <summary>The command line of a process of a cluster, and how its settings are read.</summary>
internal sealed class SiloOptions
{
    /// <summary>The settings file of a silo, and of both in one.</summary>
    public const string SharedFile = "silo.json";

    /// <summary>The settings file of a front end.</summary>
    public const string FrontendFile = "frontend.json";

    private readonly SettingOptions server = new();

    private readonly Option<string?> role = new("--role")
    {
        Description = "silo: owns partitions; frontend: serves the API; both. Default: both", HelpName = "ROLE",
    };

    private readonly Option<string?> name = new("--name") { Description = "Name in logs and metrics. Default: the machine's" };

    private readonly Option<int?> siloPort = new("--silo-port") { Description = "TCP port for other silos. Default: 11111" };

    private readonly Option<int?> gatewayPort = new("--gateway-port") { Description = "TCP port for front ends. Default: 30000" };

    /// <summary>Adds the options.</summary>
    public SiloOptions AddTo(Command command)
    {
        server.AddServing(command).AddDatabases(command);
        command.Options.Add(role);
        command.Options.Add(name);
        command.Options.Add(siloPort);
        command.Options.Add(gatewayPort);
        return this;
    }

    /// <summary>Reads all settings: the file of the role, the environment, the options.</summary>
    /// <exception cref="SettingsException">Something is wrong; every fault is named.</exception>
    public SiloSettings Read(ParseResult parsed)
    {
        string? given = parsed.GetValue(role) ?? Environment.GetEnvironmentVariable("METERING_ROLE");
        string file = string.Equals(given, nameof(SiloRole.Frontend), StringComparison.OrdinalIgnoreCase) ? FrontendFile : SharedFile;
        var decided = new List<(string, string)>();
        Add(decided, "role", parsed.GetValue(role));
        Add(decided, "silo_name", parsed.GetValue(name));
        Add(decided, "silo_port", parsed.GetValue(siloPort)?.ToString());
        Add(decided, "gateway_port", parsed.GetValue(gatewayPort)?.ToString());
        return server.Read(parsed, file, Take, [.. decided]);
    }

    /// <summary>Reads what a process of a cluster has besides a server's settings.</summary>
    public static SiloSettings Take(SettingValues values, ServerSettings server)
    {
        var defaults = new SiloSettings();
        if (server.Control is null)
            values.Fault("control", "is needed: the processes of a cluster share a control database");
        return new SiloSettings
        {
            Server = server,
            Role = Role(values),
            Name = values.Text("silo_name") ?? defaults.Name,
            ClusterId = values.Text("cluster_id") ?? defaults.ClusterId,
            AdvertisedAddress = Address(values),
            SiloPort = values.Number("silo_port", defaults.SiloPort, 1, 65_535),
            GatewayPort = values.Number("gateway_port", defaults.GatewayPort, 1, 65_535),
            ProbeTimeoutMilliseconds = values.Number("probe_timeout_milliseconds", defaults.ProbeTimeoutMilliseconds, 100, 60_000),
            ProbesMissedMax = values.Number("probes_missed_max", defaults.ProbesMissedMax, 1, 100),
            DeathVotes = values.Number("death_votes", defaults.DeathVotes, 1, 100),
            AliveSeconds = values.Number("alive_seconds", defaults.AliveSeconds, 1, 3_600),
            MembershipRefreshSeconds = values.Number("membership_refresh_seconds", defaults.MembershipRefreshSeconds, 1, 3_600),
            CallTimeoutMilliseconds = values.Number("call_timeout_milliseconds", defaults.CallTimeoutMilliseconds, 100, 60_000),
            CutOffSeconds = values.Number("cut_off_seconds", defaults.CutOffSeconds, 1, 3_600),
            TrustedProxies = Networks(values),
        };
    }

    private static void Add(List<(string, string)> decided, string name, string? text)
    {
        if (text is not null)
            decided.Add((name, text));
    }

    private static SiloRole Role(SettingValues values)
    {
        if (values.Text("role") is not { } text)
            return SiloRole.Both;
        if (Enum.TryParse(text, ignoreCase: true, out SiloRole role) && Enum.IsDefined(role))
            return role;
        values.Fault("role", $"must be silo, frontend or both, not '{text}'");
        return SiloRole.Both;
    }

    private static IPAddress? Address(SettingValues values)
    {
        if (values.Text("advertised_address") is not { } text)
            return null;
        if (IPAddress.TryParse(text, out IPAddress? address))
            return address;
        values.Fault("advertised_address", $"must be an IP address such as 10.0.0.7, not '{text}'");
        return null;
    }

    private static List<IPNetwork> Networks(SettingValues values)
    {
        var networks = new List<IPNetwork>();
        foreach (string text in values.List("trusted_proxies"))
        {
            if (IPNetwork.TryParse(text, out IPNetwork network))
                networks.Add(network);
            else
                values.Fault("trusted_proxies", $"must be networks such as 10.0.0.0/24, not '{text}'");
        }

        return networks;
    }
}
