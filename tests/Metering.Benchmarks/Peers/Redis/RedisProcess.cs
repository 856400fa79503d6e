using System.Diagnostics;
using System.Net.Sockets;
using Metering.Benchmarks.Processes;

namespace Metering.Benchmarks.Peers.Redis;

/// <summary>A Redis server of the peer's own: its folder, its socket, its process; no service of the machine.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private const string Server = "redis-server";

    private readonly Process _process;
    private readonly string _socketFolder;

    private RedisProcess(Process process, string socketFolder)
    {
        _process = process;
        _socketFolder = socketFolder;
    }

    public int Id => _process.Id;

    public string Socket => SocketIn(_socketFolder);

    /// <summary>Whether its programs are there or can be installed; what hinders it otherwise.</summary>
    public static async Task<string?> MissingAsync()
    {
        if (Program() is not null)
            return null;
        var start = new ProcessStartInfo("/bin/sh", ["-s"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process install = Process.Start(start)!;
        Task<string> output = install.StandardOutput.ReadToEndAsync();
        Task<string> errors = install.StandardError.ReadToEndAsync();
        await install.StandardInput.WriteAsync(RedisFile.Read("install-redis.sh"));
        install.StandardInput.Close();
        await install.WaitForExitAsync();
        await output;
        return Program() is null ? $"Redis is not installed and cannot be: {(await errors).Trim()}" : null;
    }

    public static async Task<RedisProcess> StartAsync(string folder, CancellationToken cancellationToken)
    {
        string program = Program() ?? throw new InvalidOperationException("Redis is not installed.");
        string config = Path.Combine(folder, "redis.conf");
        await File.WriteAllTextAsync(config, RedisFile.Read("redis.conf"), cancellationToken);

        // The server looks at the name it is called by.
        string link = Path.Combine(folder, Server);
        File.CreateSymbolicLink(link, program);

        // A path of a socket is at most 107 bytes long; the folder's may be longer.
        string sockets = Directory.CreateTempSubdirectory("mpr-").FullName;
        var start = new ProcessStartInfo(link, [config, "--dir", folder, "--unixsocket", SocketIn(sockets), "--logfile",
            Path.Combine(folder, "redis.log")])
        {
            RedirectStandardOutput = true,
        };
        var server = new RedisProcess(ProcessGuard.Start(start), sockets);
        await server.ListeningAsync(Path.Combine(folder, "redis.log"), cancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        ProcessGuard.Forget(_process.Id);
        _process.Dispose();
        Directory.Delete(_socketFolder, recursive: true);
    }

    private static string SocketIn(string folder) => Path.Combine(folder, "s");

    private static string? Program() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .SelectMany(folder => new[] { Path.Combine(folder, Server), Path.Combine(folder, "redis-check-rdb") })
        .FirstOrDefault(File.Exists);

    private async Task ListeningAsync(string log, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"Redis ended: {await File.ReadAllTextAsync(log, cancellationToken)}");
            try
            {
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
            }
        }
    }
}
