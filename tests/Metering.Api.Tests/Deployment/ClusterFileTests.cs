using System.Text.RegularExpressions;
using Metering.Server.Settings;
using Npgsql;

namespace Metering.Api.Tests.Deployment;

/// <summary>No engine for Compose runs here: what <c>cluster.yml</c> names has to be in the code or in <c>silo-config</c>.</summary>
public sealed partial class ClusterFileTests
{
    // Environment of images that are not ours, and what each is for.
    private static readonly string[] foreignVariables =
    [
        "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "GF_SECURITY_ADMIN_PASSWORD", "GF_USERS_ALLOW_SIGN_UP",
        "GF_ANALYTICS_REPORTING_ENABLED",
    ];

    private static readonly Yaml cluster = Yaml.Load("cluster.yml");
    private static readonly Yaml services = cluster["services"];

    private static IEnumerable<string> Silos => OfRole("silo");

    private static IEnumerable<string> Frontends => OfRole("frontend");

    [Fact]
    public void Topology_is_three_silos_two_front_ends_four_shards_and_what_is_around_them()
    {
        Assert.Equal(["silo1", "silo2", "silo3"], Silos);
        Assert.Equal(["frontend1", "frontend2"], Frontends);
        string[] databases = ["control", "shard0", "shard1", "shard2", "shard3"];
        Assert.Equal(databases, services.Names.Where(name => Image(name).StartsWith("postgres:", StringComparison.Ordinal)));
        string[] around = ["front", "prometheus", "grafana"];
        Assert.Equal([.. databases, .. Silos, .. Frontends, .. around], services.Names);
    }

    [Fact]
    public void Every_variable_is_a_setting_or_one_of_a_foreign_image()
    {
        foreach (string service in services.Names)
        {
            foreach (string variable in services[service]["environment"].Names)
            {
                bool ours = variable.StartsWith("METERING_", StringComparison.Ordinal);
                Assert.Equal(ours, IsOurs(service));
                bool known = ours
                    ? Deployed.Settings.Contains(variable["METERING_".Length..].ToLowerInvariant())
                    : foreignVariables.Contains(variable);
                Assert.True(known, $"{service}: {variable}");
            }
        }
    }

    [Fact]
    public void Databases_of_the_settings_are_services_with_that_user_and_database()
    {
        foreach (string service in Silos.Concat(Frontends))
        {
            Yaml environment = services[service]["environment"];
            string[] shards = environment["METERING_SHARDS"].Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(["control"], Hosts([environment["METERING_CONTROL"].Text]));
            Assert.Equal(["shard0", "shard1", "shard2", "shard3"], Hosts(shards));
        }

        static IEnumerable<string?> Hosts(IEnumerable<string> urls)
        {
            foreach (string url in urls)
            {
                Assert.True(DatabaseUrl.TryParse(Placeholder().Replace(url, "secret"), out string? text, out string? fault), fault);
                var target = new NpgsqlConnectionStringBuilder(text);
                Yaml database = services[target.Host!]["environment"];
                Assert.Equal((database["POSTGRES_USER"].Text, database["POSTGRES_DB"].Text), (target.Username, target.Database));
                Assert.Equal(5432, target.Port);
                yield return target.Host;
            }
        }
    }

    [Fact]
    public void Every_mount_is_a_file_of_the_checkout_or_a_declared_volume()
    {
        var used = new HashSet<string>();
        foreach (string service in services.Names)
        {
            foreach (string mount in services[service]["volumes"].Texts)
            {
                string[] parts = mount.Split(':');
                Assert.StartsWith("/", parts[1], StringComparison.Ordinal);
                if (parts[0].StartsWith("./", StringComparison.Ordinal))
                {
                    Assert.True(Files.Exist(parts[0][2..]), $"{service}: {mount}");
                    Assert.Equal("ro", parts[2]);
                    if (IsOurs(service))
                        Assert.Equal("/app/" + parts[0][2..], parts[1]);
                    continue;
                }

                Assert.Contains(parts[0], cluster["volumes"].Names);
                Assert.True(used.Add(parts[0]), $"{parts[0]} belongs to two services");
            }
        }

        Assert.Equal(cluster["volumes"].Names.Order(), used.Order());
        Assert.All(Silos, name => Assert.Contains(
            "./silo-config/silo.json:/app/silo-config/silo.json:ro", services[name]["volumes"].Texts));
        Assert.All(Frontends, name => Assert.Contains(
            "./silo-config/frontend.json:/app/silo-config/frontend.json:ro", services[name]["volumes"].Texts));
    }

    [Fact]
    public void Only_the_front_and_the_dashboards_are_published()
    {
        string[] published = [.. services.Names.SelectMany(name => services[name]["ports"].Texts.Select(port => $"{name} {port}"))];
        Assert.Equal(["front 8080:8080", "grafana 3000:3000"], published);
        string[] grid = [.. services.Names.Where(name => services[name]["networks"].Texts.SequenceEqual(["grid"]))];
        Assert.Equal("true", cluster["networks"]["grid"]["internal"].Text);
        Assert.Equal(["control", "shard0", "shard1", "shard2", "shard3", "silo1", "silo2", "silo3", "prometheus"], grid);
    }

    [Fact]
    public void Ports_of_processes_are_those_of_the_settings_and_of_the_image()
    {
        string settings = Files.Read("src/Metering.Silo/Settings/SiloSettings.cs");
        string silo = SiloPort().Match(settings).Groups[1].Value.Replace("_", "", StringComparison.Ordinal);
        string gateway = GatewayPort().Match(settings).Groups[1].Value.Replace("_", "", StringComparison.Ordinal);
        foreach (string name in Silos.Concat(Frontends))
        {
            string http = services[name]["environment"]["METERING_PORT"].Text;
            Assert.Equal("0.0.0.0", services[name]["environment"]["METERING_ADDRESS"].Text);
            Assert.Equal(Silos.Contains(name) ? [http, silo, gateway] : [http], services[name]["expose"].Texts);
            Assert.Equal($"{http} {silo} {gateway}", Exposed().Match(Files.Read("src/Metering.Silo/Dockerfile")).Groups[1].Value);
            Assert.Equal(name, services[name]["environment"]["METERING_SILO_NAME"].Text);
        }
    }

    [Fact]
    public void Every_image_is_built_from_this_checkout_or_pinned()
    {
        foreach (string service in services.Names)
        {
            Yaml build = services[service]["build"];
            if (IsOurs(service))
            {
                Assert.Equal(".", build["context"].Text);
                Assert.True(Files.Exist(build["dockerfile"].Text), build["dockerfile"].Text);
                continue;
            }

            Assert.True(build.IsNothing);
            Assert.Matches("^[a-z/]+:v?[0-9][0-9a-z.-]*$", Image(service));
            Assert.Contains($"`{Image(service)}`", Files.Read("silo-config/README.md"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_service_has_a_health_check_and_waits_for_services_that_exist()
    {
        foreach (string name in services.Names)
        {
            Yaml service = services[name];
            Assert.True(IsOurs(name) == service["healthcheck"].IsNothing, $"{name}: ours have it in their image");
            Assert.All(service["depends_on"].Names, other => Assert.Contains(other, services.Names));
            Yaml waits = service["depends_on"];
            Assert.All(waits.Names, other => Assert.Equal("service_healthy", waits[other]["condition"].Text));
            Assert.All(service["networks"].Texts, network => Assert.Contains(network, cluster["networks"].Names));
            Assert.Equal("unless-stopped", service["restart"].Text);
        }
    }

    [Fact]
    public void Front_ends_believe_the_network_of_nginx_and_no_other()
    {
        string subnet = cluster["networks"]["front"]["ipam"]["config"].Items.Single()["subnet"].Text;
        string[] trusted = [.. Deployed.ReadSettings("silo-config/frontend.json")["trusted_proxies"].EnumerateArray()
            .Select(network => network.GetString()!)];
        Assert.Equal([subnet], trusted);
    }

    [Fact]
    public void Nginx_sends_to_every_front_end_and_listens_where_it_is_published()
    {
        string nginx = Files.Read("silo-config/nginx.conf");
        Assert.Equal(
            Frontends.Select(name => $"{name}:{services[name]["environment"]["METERING_PORT"].Text}"),
            Upstream().Matches(nginx).Select(found => found.Groups[1].Value));
        string listens = Listen().Match(nginx).Groups[1].Value;
        Assert.Equal([$"8080:{listens}"], services["front"]["ports"].Texts);
        Assert.Contains($"http://127.0.0.1:{listens}/front", services["front"]["healthcheck"]["test"].Texts);
        Assert.Contains("location = /front {", nginx, StringComparison.Ordinal);
    }

    private static IEnumerable<string> OfRole(string role) => services.Names.Where(name =>
        IsOurs(name) && services[name]["command"].Texts.SequenceEqual(["--role", role]));

    private static string Image(string service) => services[service]["image"].Text;

    private static bool IsOurs(string service) => Image(service) == "metering-silo:local";

    [GeneratedRegex(@"\$\{[^}]*\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"int SiloPort \{ get; init; \} = ([0-9_]+);")]
    private static partial Regex SiloPort();

    [GeneratedRegex(@"int GatewayPort \{ get; init; \} = ([0-9_]+);")]
    private static partial Regex GatewayPort();

    [GeneratedRegex(@"(?m)^EXPOSE (.+)$")]
    private static partial Regex Exposed();

    [GeneratedRegex(@"server ([a-z0-9]+:[0-9]+) ")]
    private static partial Regex Upstream();

    [GeneratedRegex(@"listen ([0-9]+);")]
    private static partial Regex Listen();
}
