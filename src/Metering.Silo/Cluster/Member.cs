using System.Diagnostics;

namespace Metering.Silo.Cluster;

/// <summary>
/// One process of the cluster. Its standard input ends with this process, however that ends, and it stops then in good order.
/// </summary>
internal sealed partial class Member
{
    private static readonly TimeSpan restartAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan lookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan stopWithin = TimeSpan.FromSeconds(20);

    private readonly string name;
    private readonly string[] arguments;
    private readonly IReadOnlyDictionary<string, string> environment;
    private readonly ILogger log;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task running;
    private Process? process;

    public Member(string name, Uri? serves, string[] arguments, IReadOnlyDictionary<string, string> environment, ILogger log)
    {
        (this.name, this.arguments, this.environment, this.log) = (name, arguments, environment, log);
        Serves = serves;
        running = RunAsync();
    }

    /// <summary>Where it serves the API; null for a silo.</summary>
    public Uri? Serves { get; }

    /// <summary>Ends once it says that it is ready.</summary>
    public async Task ReadyAsync(CancellationToken cancellation)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(new Uri(Serves!, "ready"), cancellation);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(lookInterval, cancellation);
        }
    }

    /// <summary>Asks it to stop, waits for its end, and kills it where that does not come.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        // Not a signal: Ctrl-C of a terminal has reached it already, and a second signal would end it at once.
        process?.StandardInput.Close();
        try
        {
            await running.WaitAsync(stopWithin);
        }
        catch (TimeoutException)
        {
            LogKilled(log, name);
            process?.Kill();
            await running;
        }
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            using Process started = Start();
            process = started;
            if (stopping.IsCancellationRequested)
                started.StandardInput.Close();
            LogStarted(log, name, started.Id);
            await started.WaitForExitAsync();
            process = null;
            if (stopping.IsCancellationRequested)
                return;
            LogEnded(log, name, started.ExitCode);
            await Task.Delay(restartAfter, stopping.Token).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(Member).Assembly.Location);
        foreach (string argument in (string[])["run", "--attached", "--name", name, .. arguments])
            start.ArgumentList.Add(argument);
        foreach ((string variable, string value) in environment)
            start.Environment[variable] = value;
        return Process.Start(start)!;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} is process {Process}")]
    private static partial void LogStarted(ILogger log, string name, int process);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} has ended with exit code {Code}; it is started again")]
    private static partial void LogEnded(ILogger log, string name, int code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} did not stop in time and was killed")]
    private static partial void LogKilled(ILogger log, string name);
}
