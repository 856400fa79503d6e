using System.Diagnostics;
using System.Net;
using Npgsql;

namespace Metering.Storage.Postgres.Private;

/// <summary>
/// A PostgreSQL server that belongs to this process: its own files, its own port on 127.0.0.1, its own password; durable settings
/// (<c>fsync</c>, <c>synchronous_commit</c>, <c>full_page_writes</c>).
/// </summary>
/// <remarks>
/// The owner disposes it, which stops the server. When the owner is killed the server goes on, and the next owner adopts it; one process
/// at a time owns a folder. The server runs in a session of its own, so a Ctrl-C on the terminal reaches only the owner. For root, which
/// PostgreSQL refuses, the server runs as the account <c>postgres</c>. The methods must not be called at the same time.
/// </remarks>
public sealed class PrivatePostgres : IAsyncDisposable
{
    /// <summary>The database superuser; its password is in <see cref="ConnectionString"/>.</summary>
    public const string UserName = "metering";

    private const int PortAttempts = 5;
    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(25);

    private readonly PrivatePostgresOptions _options;
    private readonly DatabaseFolder _folder;
    private readonly FileStream _lock;
    private readonly PostgresPrograms _programs;
    private Postmaster? _postmaster;

    private PrivatePostgres(PrivatePostgresOptions options, DatabaseFolder folder, PostgresPrograms programs, FileStream held)
    {
        _options = options;
        _folder = folder;
        _programs = programs;
        _lock = held;
    }

    /// <summary>The TCP port on 127.0.0.1; the same after every restart.</summary>
    public int Port { get; private set; }

    /// <summary>The server's process id. Throws <see cref="InvalidOperationException"/> while it does not run.</summary>
    public int ProcessId => _postmaster?.ProcessId ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>Whether the server's process is there.</summary>
    public bool IsRunning => _postmaster is { IsRunning: true };

    /// <summary>Whether the server had been started by an earlier owner.</summary>
    public bool WasAdopted { get; private set; }

    /// <summary>Where the database files really are.</summary>
    public string DataFolder => _folder.RealPath;

    /// <summary>The server's log.</summary>
    public string LogFile => _folder.Log;

    /// <summary>How to connect to one of its databases as the superuser, over TCP.</summary>
    public string ConnectionString(string database = "postgres") => ConnectionString(Port, _folder.Password, database);

    /// <summary>
    /// Makes the database files where there are none, starts the server or adopts the one that runs, and returns when it accepts
    /// connections.
    /// </summary>
    /// <exception cref="ArgumentException">The options are wrong; the message names every fault.</exception>
    /// <exception cref="PrivatePostgresException">Another process owns the folder, or the server did not start.</exception>
    public static async Task<PrivatePostgres> StartAsync(PrivatePostgresOptions options, CancellationToken cancellationToken = default)
    {
        options.Validate();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(options.DataFolder))!);
        var held = FolderLock.Take(options.DataFolder);
        try
        {
            var folder = await DatabaseFolder.OpenAsync(options.DataFolder, cancellationToken);
            var programs = await PostgresPrograms.FindAsync(folder.MajorVersion, cancellationToken);
            if (!folder.IsMade)
            {
                await folder.MakeAsync(programs, cancellationToken);
            }

            await folder.User.GiveAsync(folder.RealPath, cancellationToken);
            var server = new PrivatePostgres(options, folder, programs, held);
            await server.AdoptOrStartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>How to connect to a database of the server that runs on a data folder, whoever owns it; null when none runs.</summary>
    public static string? FindRunning(string dataFolder, string database)
    {
        dataFolder = Path.TrimEndingDirectorySeparator(dataFolder);
        if (!Directory.Exists(dataFolder))
        {
            return null;
        }

        var real = Directory.ResolveLinkTarget(dataFolder, returnFinalTarget: true)?.FullName ?? dataFolder;
        return Postmaster.Find(real) is { } running
            ? ConnectionString(running.Port, File.ReadAllText(Path.Combine(real, DatabaseFolder.PasswordName)).Trim(), database)
            : null;
    }

    /// <summary>Stops the server that lost its owner, if any, and deletes the database files.</summary>
    /// <exception cref="PrivatePostgresException">Another process owns the folder.</exception>
    public static async Task DeleteAsync(string dataFolder, CancellationToken cancellationToken = default)
    {
        if (!Path.Exists(dataFolder) && new FileInfo(dataFolder).LinkTarget is null)
        {
            return;
        }

        await using (FolderLock.Take(dataFolder))
        {
            var real = Directory.ResolveLinkTarget(dataFolder, returnFinalTarget: true)?.FullName ?? dataFolder;
            if (Postmaster.Find(real) is { } left)
            {
                left.ShutDownNow();
                await Postmaster.EndAsync([left.ProcessId], TimeSpan.FromSeconds(30), cancellationToken);
                SocketFolder.Remove(left.SocketFolder);
            }

            DatabaseFolder.Delete(dataFolder);
            File.Delete(FolderLock.PathFor(dataFolder));
        }
    }

    /// <summary>Starts the server again after <see cref="StopAsync"/>, <see cref="KillAsync"/> or its own end, on the same port.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        if (!IsRunning)
        {
            SocketFolder.Remove(_postmaster?.SocketFolder);
            await LaunchAsync(Port, cancellationToken);
        }
    }

    /// <summary>A fast shutdown: ends the sessions, writes a checkpoint. Does nothing when the server does not run.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (_postmaster is not { } postmaster)
        {
            return;
        }

        postmaster.ShutDownFast();
        if (!await Postmaster.EndAsync([postmaster.ProcessId], TimeSpan.FromSeconds(_options.StopTimeoutSeconds), cancellationToken))
        {
            postmaster.ShutDownNow();
            if (!await Postmaster.EndAsync([postmaster.ProcessId], TimeSpan.FromSeconds(_options.StopTimeoutSeconds), cancellationToken))
            {
                throw Failure($"The server, process {postmaster.ProcessId}, does not stop.");
            }
        }

        _postmaster = null;
        SocketFolder.Remove(postmaster.SocketFolder);
    }

    /// <summary>Kills the server and its workers with SIGKILL, as a crash of the machine would; returns when they are gone.</summary>
    public async Task KillAsync(CancellationToken cancellationToken = default)
    {
        if (_postmaster is not { } postmaster)
        {
            return;
        }

        if (!await Postmaster.EndAsync(postmaster.Kill(), TimeSpan.FromSeconds(_options.StopTimeoutSeconds), cancellationToken))
        {
            throw Failure($"The server, process {postmaster.ProcessId}, does not die.");
        }

        _postmaster = null;
        SocketFolder.Remove(postmaster.SocketFolder);
    }

    /// <summary>
    /// Starts the server again whenever it ends by itself, until cancelled; then returns. While it runs, no other method is to be called.
    /// </summary>
    /// <param name="restarted">Told of each restart, with the last lines of the log before it.</param>
    /// <param name="cancellationToken">Ends the watch; the server goes on.</param>
    public async Task KeepRunningAsync(Action<string> restarted, CancellationToken cancellationToken)
    {
        var pause = _poll;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
                if (!IsRunning)
                {
                    var tail = _folder.LogTail();
                    await StartAgainAsync(cancellationToken);
                    pause = _poll;
                    restarted(tail);
                }
            }
            catch (PrivatePostgresException failure)
            {
                restarted(failure.Message);
                pause = TimeSpan.FromSeconds(Math.Min(10, pause.TotalSeconds * 4));
                await Task.Delay(pause, CancellationToken.None);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        finally
        {
            await _lock.DisposeAsync();
        }
    }

    private static string ConnectionString(int port, string password, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = IPAddress.Loopback.ToString(),
        Port = port,
        Username = UserName,
        Password = password,
        Database = database,
    }.ConnectionString;

    private async Task AdoptOrStartAsync(CancellationToken cancellationToken)
    {
        if (Postmaster.Find(_folder.RealPath) is not { } running)
        {
            await LaunchOnAnyPortAsync(cancellationToken);
            return;
        }

        if (!_options.Adopt)
        {
            throw new PrivatePostgresException(
                $"A PostgreSQL already runs on {_folder.RealPath}: process {running.ProcessId}, port {running.Port}. Stop it first.");
        }

        _postmaster = running;
        Port = running.Port;
        if (_options.Port is { } asked && asked != running.Port)
        {
            await StopAsync(cancellationToken);
            await LaunchAsync(asked, cancellationToken);
            return;
        }

        WasAdopted = true;
        await ReadyAsync(() => running.IsRunning, cancellationToken);
    }

    private async Task LaunchOnAnyPortAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await LaunchAsync(_options.Port ?? LoopbackPort.Free(), cancellationToken);
                return;
            }
            catch (PrivatePostgresException failure) when (_options.Port is null && attempt < PortAttempts
                && failure.Message.Contains("could not bind", StringComparison.Ordinal))
            {
                // Someone took the port between the look and the start.
            }
        }
    }

    private async Task LaunchAsync(int port, CancellationToken cancellationToken)
    {
        Port = port;
        if (Postmaster.Find(_folder.RealPath) is { } running)
        {
            throw Failure($"A server that this one did not start already runs there, process {running.ProcessId}.");
        }

        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            KeepLogSmall();
            var sockets = await SocketFolder.MakeAsync(_folder.User, cancellationToken);
            using var process = ProgramRun.Start(ServerCommand.For(_programs, _folder, _options, port, sockets));
            try
            {
                await ReadyAsync(() => !process.HasExited, cancellationToken);
                _postmaster = Postmaster.Find(_folder.RealPath)
                    ?? throw Failure("The server accepts connections but has no postmaster.pid.");
                return;
            }
            catch (Exception failure)
            {
                await GiveUpAsync(process);
                SocketFolder.Remove(sockets);

                // Workers of a killed server hold its shared memory for a moment longer.
                if (failure is not PrivatePostgresException || !failure.Message.Contains("is still in use", StringComparison.Ordinal)
                    || Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(_options.StartTimeoutSeconds))
                {
                    throw;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
        }
    }

    private async Task GiveUpAsync(Process process)
    {
        _postmaster = null;
        if (!process.HasExited && Postmaster.Find(_folder.RealPath) is { } half)
        {
            half.ShutDownNow();
            await Postmaster.EndAsync([half.ProcessId], TimeSpan.FromSeconds(_options.StopTimeoutSeconds), CancellationToken.None);
        }

        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private async Task ReadyAsync(Func<bool> isRunning, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var connection = new NpgsqlConnectionStringBuilder(ConnectionString()) { Pooling = false, Timeout = 2 }.ConnectionString;
        while (true)
        {
            string last;
            try
            {
                await using var session = new NpgsqlConnection(connection);
                await session.OpenAsync(cancellationToken);
                return;
            }
            catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.InvalidPassword)
            {
                throw Failure($"What listens on port {Port} is another PostgreSQL, or its password was changed: {refusal.MessageText}");
            }
            catch (NpgsqlException notYet)
            {
                last = notYet.Message;
            }

            if (!isRunning())
            {
                throw Failure("The server ended while starting.");
            }

            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(_options.StartTimeoutSeconds))
            {
                throw Failure($"The server did not accept connections within {_options.StartTimeoutSeconds} s ({last}).");
            }

            await Task.Delay(_poll, cancellationToken);
        }
    }

    private PrivatePostgresException Failure(string what) =>
        new($"PostgreSQL {_programs.MajorVersion} on {_folder.RealPath}, port {Port}: {what} " +
            $"The end of {_folder.Log}:\n{_folder.LogTail()}");

    private void KeepLogSmall()
    {
        const long most = 16 << 20;
        if (new FileInfo(_folder.Log) is { Exists: true, Length: > most } log)
        {
            log.MoveTo(_folder.Log + ".1", overwrite: true);
        }
    }
}
