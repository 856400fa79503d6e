using System.Collections;
using Metering.Server.Settings;

namespace Metering.Api.Tests.Server;

public sealed class SettingsTests
{
    [Fact]
    public void Options_win_over_the_environment_and_that_over_the_file()
    {
        string file = Write("""{ "port": 1000, "lag_max_seconds": 11, "status_seconds": 7 } """);
        ServerSettings settings = SettingsReader.Read(
            file, new Hashtable { ["METERING_PORT"] = "2000", ["METERING_LAG_MAX_SECONDS"] = "22" }, Options(("port", "3000")));
        Assert.Equal((3000, 22, 7), (settings.Port, settings.LagMaxSeconds, settings.StatusSeconds));
    }

    [Fact]
    public void All_faults_are_named_at_once_with_where_they_come_from()
    {
        string file = Write("""{ "port": "many", "no_such_thing": 1 } """);
        var variables = new Hashtable
        {
            ["METERING_TAKE_UNPRICED"] = "perhaps", ["METERING_CONTROL"] = "mysql://h/d", ["METERING_OPERATOR_KEY"] = "short",
        };
        var wrong = Assert.Throws<SettingsException>(() => SettingsReader.Read(file, variables, Options(("address", "here"))));
        Assert.Equal(6, wrong.Faults.Count);
        string[] places =
        [
            "port (", "no_such_thing (", "take_unpriced (METERING_TAKE_UNPRICED)", "control (", "operator_key (", "address (--address)",
        ];
        foreach (string part in places)
            Assert.Contains(wrong.Faults, fault => fault.StartsWith(part, StringComparison.Ordinal));
    }

    [Fact]
    public void The_settings_file_that_ships_is_valid_and_says_the_defaults()
    {
        ServerSettings shipped = SettingsReader.Read(
            Path.Combine(AppContext.BaseDirectory, "silo-config", "server.json"), new Hashtable(), Options());
        Assert.Empty(shipped.Shards);
        Assert.Equal(new ServerSettings { Shards = shipped.Shards }, shipped);
    }

    [Fact]
    public void A_dedup_horizon_shorter_than_the_accepted_age_is_a_fault() =>
        Assert.Contains("dedup_horizon_days", Assert.Throws<SettingsException>(
            () => SettingsReader.Read(null, new Hashtable(), Options(("dedup_horizon_days", "34")))).Message, StringComparison.Ordinal);

    [Fact]
    public void Shards_without_a_control_database_are_a_fault() =>
        Assert.Contains("shards", Assert.Throws<SettingsException>(
            () => SettingsReader.Read(null, new Hashtable(), Options(("shards", "postgres://h/d")))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("postgres://u:p%40ss@db.example:6000/meter", "db.example", 6000, "meter", "u", "p@ss")]
    [InlineData("postgresql://u@h/m?sslmode=verify-full", "h", 5432, "m", "u", null)]
    [InlineData("Host=h;Port=7;Database=m;Username=u;Password=p", "h", 7, "m", "u", "p")]
    public void A_database_is_named_by_a_url_or_a_connection_string(
        string text, string host, int port, string database, string user, string? password)
    {
        Assert.True(DatabaseUrl.TryParse(text, out string? connectionString, out _));
        var read = new Npgsql.NpgsqlConnectionStringBuilder(connectionString);
        Assert.Equal((host, port, database, user, password), (read.Host, read.Port, read.Database, read.Username, read.Password));
    }

    [Theory]
    [InlineData("http://h/d")]
    [InlineData("postgres://h")]
    [InlineData("postgres://u:secret@/d")]
    [InlineData("Database=only")]
    [InlineData("nonsense")]
    public void Anything_else_is_a_fault_that_does_not_repeat_the_password(string text)
    {
        Assert.False(DatabaseUrl.TryParse(text, out _, out string? fault));
        Assert.DoesNotContain("secret", fault, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Options(params (string Name, string Value)[] given) =>
        given.ToDictionary(pair => pair.Name, pair => pair.Value);

    private static string Write(string text)
    {
        string path = Path.Combine(Path.GetTempPath(), $"metering-settings-{Guid.NewGuid():N}.json");
        File.WriteAllText(path, text);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(path);
        return path;
    }
}
