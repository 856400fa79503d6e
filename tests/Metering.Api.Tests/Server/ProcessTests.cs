using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Metering.Storage.Postgres.Private;
using Metering.TestSupport;

namespace Metering.Api.Tests.Server;

/// <summary>The program as a process: its exit codes, its signals, its data folder.</summary>
public sealed class ProcessTests : IAsyncLifetime
{
    private readonly TestFolder folder = new("server");

    private string Data => Path.Combine(folder.Path, "data");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        // Where a test failed, a PostgreSQL may be left without an owner.
        if (Directory.Exists(Data))
            await PrivatePostgres.DeleteAsync(Path.Combine(Data, "postgres"));
        folder.Dispose();
    }

    [Fact]
    public async Task Wrong_settings_are_all_named_at_once_and_end_it_with_exit_code_2()
    {
        await using ServerProcess server = ServerProcess.Start("serve", "--address", "here", "--control", "nonsense");
        Assert.Equal(2, await server.EndedAsync());
        Assert.Contains("address (--address)", server.Output, StringComparison.Ordinal);
        Assert.Contains("control (--control)", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_server_owns_a_data_folder_keeps_what_it_acknowledged_through_stop_and_kill_and_reset_clears_it()
    {
        await using (ServerProcess first = Serve())
        {
            await SendAsync(first, "/v1/customers", """{"id":"c","name":"C","email":"c@example.org","plan":"llm-prepaid"}""");
            await SendAsync(first, "/v1/wallets/c/grants", """{"amount":"100","kind":"paid"}""");
            await SendAsync(first, "/v1/events", Event("1"));
            await RefusesAnotherAsync();
            await StopsWithinTenSecondsAsync(first);
        }

        await using (ServerProcess second = Serve())
        {
            Assert.Equal("85", await AvailableAsync(second));
            await SendAsync(second, "/v1/events", Event("2"));
            Assert.Contains("shard3: 16 partitions", await CommandAsync("rebuild"), StringComparison.Ordinal);
            Assert.Contains("mk_test_0123", await CommandAsync("keys", "list"), StringComparison.Ordinal);
            await second.SignalAsync("KILL");
            await second.EndedAsync();
        }

        await using (ServerProcess third = Serve())
        {
            await third.ServingAsync();
            Assert.Contains("adopted", third.Output, StringComparison.Ordinal);
            await SendAsync(third, "/v1/events", Event("1"));
            await SendAsync(third, "/v1/events", Event("2"));
            Assert.Equal("70", await AvailableAsync(third));
            await StopsWithinTenSecondsAsync(third);
        }

        Assert.Contains("shard0: 16 partitions", await CommandAsync("rebuild", "--from", "2020-01-01"), StringComparison.Ordinal);
        await CommandAsync("reset", "--yes");
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_first_start_that_fails_has_shown_the_operators_key()
    {
        using var occupied = new TcpListener(IPAddress.Loopback, 0);
        occupied.Start();
        string port = ((IPEndPoint)occupied.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        await using TestDatabase control = await PostgresServer.CreateDatabaseAsync("key_control");
        await using TestDatabase shard = await PostgresServer.CreateDatabaseAsync("key_shard");
        string[] databases = ["--control", control.ConnectionString, "--shard", shard.ConnectionString];
        (string, string)[] noKey = [("METERING_OPERATOR_KEY", "")];
        await using ServerProcess first = ServerProcess.Start(noKey, ["serve", "--port", port, .. databases]);
        Assert.Equal(1, await first.EndedAsync());
        Assert.Contains("already in use", first.Output, StringComparison.Ordinal);
        string shown = first.Output.Split('\n').Single(line => line.StartsWith("The operator's key", StringComparison.Ordinal));

        await using ServerProcess second = ServerProcess.Start(noKey, ["serve", "--port", "0", .. databases]);
        using var client = new HttpClient { BaseAddress = await second.ServingAsync() };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", shown.Split(' ')[^1]);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/customers")).StatusCode);
        await StopsWithinTenSecondsAsync(second);
    }

    [Fact]
    public async Task A_server_whose_partitions_another_has_taken_answers_nothing_more_and_exits_with_3()
    {
        await using TestDatabase control = await PostgresServer.CreateControlAsync("fence_control");
        await using TestDatabase shard = await PostgresServer.CreateShardAsync("fence_shard");
        string[] serve = ["serve", "--port", "0", "--control", control.ConnectionString, "--shard", shard.ConnectionString];
        await using ServerProcess old = ServerProcess.Start(serve);
        await SendAsync(old, "/v1/customers", """{"id":"c","name":"C","email":"c@example.org","plan":"llm-postpaid"}""");
        await SendAsync(old, "/v1/events", Event("1"));

        await using ServerProcess now = ServerProcess.Start(serve);
        await SendAsync(now, "/v1/events", Event("2"));
        // What makes the old one notice: its next answer would have to be fenced.
        using HttpResponseMessage refused = await PostAsync(old, "/v1/events", Event("3"));
        Assert.Equal(503, (int)refused.StatusCode);
        Assert.Equal(3, await old.EndedAsync());

        await SendAsync(now, "/v1/events", Event("3"));
        await StopsWithinTenSecondsAsync(now);
    }

    private ServerProcess Serve() => ServerProcess.Start("serve", "--no-demo", "--port", "0", "--data", Data);

    private async Task<string> CommandAsync(params string[] arguments)
    {
        await using ServerProcess command = ServerProcess.Start([.. arguments, "--data", Data]);
        Assert.True(await command.EndedAsync() == 0, command.Output);
        return command.Output;
    }

    private async Task RefusesAnotherAsync()
    {
        await using ServerProcess other = Serve();
        Assert.Equal(1, await other.EndedAsync());
        Assert.Contains("A server is running on", other.Output, StringComparison.Ordinal);
        await using ServerProcess reset = ServerProcess.Start("reset", "--yes", "--data", Data);
        Assert.Equal(1, await reset.EndedAsync());
    }

    private static async Task StopsWithinTenSecondsAsync(ServerProcess server)
    {
        long asked = Stopwatch.GetTimestamp();
        await server.SignalAsync("TERM");
        Assert.Equal(0, await server.EndedAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(asked).TotalSeconds, 0, 10);
    }

    private static string Event(string id) =>
        $$"""
        {"specversion":"1.0","id":"{{id}}","source":"s","type":"TOKEN_USAGE","subject":"c",
         "data":{"provider":"OPENAI","model":"gpt-4-turbo","input_tokens":1000,"output_tokens":500} }
        """;

    private static async Task SendAsync(ServerProcess server, string path, string body)
    {
        using HttpResponseMessage answer = await PostAsync(server, path, body);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    private static async Task<HttpResponseMessage> PostAsync(ServerProcess server, string path, string body)
    {
        using HttpClient http = await ClientAsync(server);
        return await http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
    }

    private static async Task<string> AvailableAsync(ServerProcess server)
    {
        using HttpClient http = await ClientAsync(server);
        using JsonDocument wallet = JsonDocument.Parse(await http.GetStringAsync("/v1/wallets/c"));
        return wallet.RootElement.GetProperty("available").GetString()!;
    }

    private static async Task<HttpClient> ClientAsync(ServerProcess server)
    {
        var http = new HttpClient { BaseAddress = await server.ServingAsync() };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ServerProcess.OperatorKey);
        return http;
    }
}
