using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Metering.Storage.Postgres.Private;
using Metering.TestSupport;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Private;

public sealed class PrivatePostgresTests : IDisposable
{
    private readonly TestFolder _folder = new("private");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Server_is_durable_listens_only_on_loopback_and_keeps_its_data_over_a_restart()
    {
        await using var server = await PrivatePostgres.StartAsync(Options());
        foreach (var setting in new[] { "fsync", "synchronous_commit", "full_page_writes" })
        {
            Assert.Equal("on", await AskAsync(server, $"SHOW {setting}"));
        }

        Assert.Equal("127.0.0.1", await AskAsync(server, "SHOW listen_addresses"));
        Assert.Equal("on", await AskAsync(server, "SHOW data_checksums"));
        await AskAsync(server, "CREATE TABLE kept AS SELECT 42 AS answer");
        var port = server.Port;

        await server.StopAsync();
        Assert.False(server.IsRunning);
        await server.StartAgainAsync();

        Assert.Equal(port, server.Port);
        Assert.Equal("42", await AskAsync(server, "SELECT answer FROM kept"));
        Assert.Contains("database system was shut down", await File.ReadAllTextAsync(server.LogFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_server_starts_again_at_once_with_what_was_committed()
    {
        await using var server = await PrivatePostgres.StartAsync(Options());
        await AskAsync(server, "CREATE TABLE kept (answer int)");
        for (var round = 1; round <= 3; round++)
        {
            await AskAsync(server, $"INSERT INTO kept VALUES ({round})");
            await server.KillAsync();
            Assert.False(server.IsRunning);
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => AskAsync(server, "SELECT 1"));
            await server.StartAgainAsync();
            Assert.Equal($"{round}", await AskAsync(server, "SELECT count(*) FROM kept"));
        }

        Assert.Contains("not properly shut down", await File.ReadAllTextAsync(server.LogFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposing_leaves_no_process_no_socket_and_no_pid_file()
    {
        var server = await PrivatePostgres.StartAsync(Options());
        var sockets = await AskAsync(server, "SHOW unix_socket_directories");
        var processId = server.ProcessId;
        Assert.True(Postmaster.IsAlive(processId));
        Assert.True(Directory.Exists(sockets));

        await server.DisposeAsync();

        Assert.False(Postmaster.IsAlive(processId));
        Assert.False(Directory.Exists(sockets));
        Assert.False(File.Exists(Path.Combine(server.DataFolder, "postmaster.pid")));
    }

    [Fact]
    public async Task Second_owner_of_a_folder_is_refused_while_the_first_lives()
    {
        await using var server = await PrivatePostgres.StartAsync(Options());
        var refusal = await Assert.ThrowsAsync<PrivatePostgresException>(() => PrivatePostgres.StartAsync(Options()));
        Assert.Contains("Another process owns", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("1", await AskAsync(server, "SELECT 1"));
    }

    [Fact]
    public async Task Server_that_lost_its_owner_is_adopted_refused_or_moved_to_the_port_asked_for()
    {
        int orphan;
        await using (var lost = await PrivatePostgres.StartAsync(Options()))
        {
            await lost.StopAsync();
            orphan = await StartWithoutOwnerAsync(lost);
        }

        var refusal = await Assert.ThrowsAsync<PrivatePostgresException>(() => PrivatePostgres.StartAsync(Options(adopt: false)));
        Assert.Contains($"process {orphan}", refusal.Message, StringComparison.Ordinal);

        await using (var adopter = await PrivatePostgres.StartAsync(Options()))
        {
            Assert.True(adopter.WasAdopted);
            Assert.Equal(orphan, adopter.ProcessId);
            Assert.Equal("1", await AskAsync(adopter, "SELECT 1"));
            await adopter.StopAsync();
            Assert.False(Postmaster.IsAlive(orphan));
            orphan = await StartWithoutOwnerAsync(adopter);
        }

        var asked = LoopbackPort.Free();
        await using var mover = await PrivatePostgres.StartAsync(Options(port: asked));
        Assert.False(mover.WasAdopted);
        Assert.NotEqual(orphan, mover.ProcessId);
        Assert.Equal($"{asked}", await AskAsync(mover, "SHOW port"));
    }

    [Fact]
    public async Task Pid_file_of_a_crash_whose_number_now_belongs_to_another_process_is_no_obstacle()
    {
        await using var server = await PrivatePostgres.StartAsync(Options());
        await server.KillAsync();
        var file = Path.Combine(server.DataFolder, "postmaster.pid");
        var lines = await File.ReadAllLinesAsync(file);
        lines[0] = $"{Environment.ProcessId}";
        await File.WriteAllLinesAsync(file, lines);

        await server.StartAgainAsync();

        Assert.Equal("1", await AskAsync(server, "SELECT 1"));
    }

    [Fact]
    public async Task Port_that_is_taken_is_named_with_the_end_of_the_log()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var failure = await Assert.ThrowsAsync<PrivatePostgresException>(
            () => PrivatePostgres.StartAsync(Options(port: port, startTimeoutSeconds: 15)));
        Assert.Contains($"port {port}", failure.Message, StringComparison.Ordinal);
        Assert.Contains("could not bind", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_setting_fails_the_start_and_says_which()
    {
        var failure = await Assert.ThrowsAsync<PrivatePostgresException>(
            () => PrivatePostgres.StartAsync(Options(settings: new() { ["no_such_setting"] = "1" })));
        Assert.Contains("no_such_setting", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_in_the_options_are_named_all_at_once()
    {
        var failure = await Assert.ThrowsAsync<ArgumentException>(() => PrivatePostgres.StartAsync(new PrivatePostgresOptions
        {
            DataFolder = "relative",
            Port = 70_000,
            MaxConnections = 1,
        }));
        Assert.Contains("DataFolder", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Port", failure.Message, StringComparison.Ordinal);
        Assert.Contains("MaxConnections", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folder_with_other_files_is_left_alone()
    {
        var folder = Path.Combine(_folder.Path, "data");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "letter.txt"), "mine");
        await Assert.ThrowsAsync<PrivatePostgresException>(() => PrivatePostgres.StartAsync(Options()));
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(folder, "letter.txt")));
    }

    [Fact]
    public async Task Server_that_ends_by_itself_is_started_again_while_it_is_watched()
    {
        await using var server = await PrivatePostgres.StartAsync(Options());
        using var end = new CancellationTokenSource();
        var restarted = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var watch = server.KeepRunningAsync(tail => restarted.TrySetResult(tail), end.Token);
        var first = server.ProcessId;

        using (var postmaster = Process.GetProcessById(first))
        {
            postmaster.Kill();
        }

        await restarted.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await end.CancelAsync();
        await watch;
        Assert.NotEqual(first, server.ProcessId);
        Assert.Equal("1", await AskAsync(server, "SELECT 1"));
    }

    [LinuxFact]
    public async Task Server_is_in_a_session_of_its_own()
    {
        await using var server = await PrivatePostgres.StartAsync(Options());
        var stat = await File.ReadAllTextAsync($"/proc/{server.ProcessId}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        const int group = 2;
        const int session = 3;
        Assert.Equal($"{server.ProcessId}", fields[group]);
        Assert.Equal($"{server.ProcessId}", fields[session]);
    }

    [RootFact]
    public async Task Below_a_folder_that_only_root_may_enter_the_files_go_elsewhere_and_deleting_takes_them_along()
    {
        var closed = Path.Combine(_folder.Path, "closed");
        Directory.CreateDirectory(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var options = new PrivatePostgresOptions { DataFolder = Path.Combine(closed, "data"), SharedBuffersMegabytes = 16 };
        string real;
        await using (var server = await PrivatePostgres.StartAsync(options))
        {
            real = server.DataFolder;
            Assert.StartsWith("/var/lib/metering/", real, StringComparison.Ordinal);
            await AskAsync(server, "CREATE TABLE kept AS SELECT 42 AS answer");
        }

        await using (var server = await PrivatePostgres.StartAsync(options))
        {
            Assert.Equal(real, server.DataFolder);
            Assert.Equal("42", await AskAsync(server, "SELECT answer FROM kept"));
        }

        await PrivatePostgres.DeleteAsync(options.DataFolder);
        Assert.False(Directory.Exists(real));
        Assert.False(Directory.Exists(Path.GetDirectoryName(real)));
        Assert.False(Path.Exists(options.DataFolder));
    }

    [Fact]
    public async Task Deleting_a_folder_stops_the_server_that_lost_its_owner()
    {
        int orphan;
        await using (var lost = await PrivatePostgres.StartAsync(Options()))
        {
            await lost.StopAsync();
            orphan = await StartWithoutOwnerAsync(lost);
        }

        await PrivatePostgres.DeleteAsync(Options().DataFolder);
        Assert.False(Postmaster.IsAlive(orphan));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData(0.5, 128)]
    [InlineData(4, 256)]
    [InlineData(8, 512)]
    [InlineData(64, 1024)]
    public void Page_cache_follows_from_the_memory(double gigabytes, int megabytes) =>
        Assert.Equal(megabytes, PrivatePostgresOptions.SharedBuffersFor((long)(gigabytes * 1024 * 1024 * 1024)));

    private PrivatePostgresOptions Options(
        int? port = null, bool adopt = true, int startTimeoutSeconds = 60, Dictionary<string, string>? settings = null) => new()
        {
            DataFolder = Path.Combine(_folder.Path, "data"),
            Port = port,
            Adopt = adopt,
            StartTimeoutSeconds = startTimeoutSeconds,
            SharedBuffersMegabytes = 16,
            MaxConnections = 20,
            Settings = settings ?? [],
        };

    // What a killed owner leaves: a server that runs, on a folder that nobody holds.
    private static async Task<int> StartWithoutOwnerAsync(PrivatePostgres stopped)
    {
        var programs = await PostgresPrograms.FindAsync();
        var folder = await DatabaseFolder.OpenAsync(stopped.DataFolder, CancellationToken.None);
        var sockets = Directory.CreateTempSubdirectory("mpg-").FullName;
        await folder.User.GiveAsync(sockets, CancellationToken.None);
        var options = new PrivatePostgresOptions { DataFolder = stopped.DataFolder, SharedBuffersMegabytes = 16, MaxConnections = 20 };
        using var process = ProgramRun.Start(ServerCommand.For(programs, folder, options, stopped.Port, sockets));
        for (var patience = 0; patience < 600; patience++)
        {
            try
            {
                await AskAsync(stopped, "SELECT 1");
                return Postmaster.Find(folder.RealPath)!.ProcessId;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(50);
            }
        }

        throw new TimeoutException(folder.LogTail());
    }

    private static async Task<string?> AskAsync(PrivatePostgres server, string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(server.ConnectionString()) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (await command.ExecuteScalarAsync())?.ToString();
    }
}
