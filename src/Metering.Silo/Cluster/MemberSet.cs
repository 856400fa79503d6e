namespace Metering.Silo.Cluster;

/// <summary>The processes of a cluster on this machine. One that ends by itself is started again; all stop together.</summary>
internal sealed class MemberSet(IReadOnlyDictionary<string, string> environment, ILogger log) : IAsyncDisposable
{
    private readonly List<Member> members = [];

    /// <summary>Where the front ends serve.</summary>
    public IEnumerable<Uri> Frontends => members.Select(member => member.Serves).OfType<Uri>();

    /// <summary>Starts a silo.</summary>
    public void AddSilo(string name) => members.Add(
        new Member(
            name, serves: null,
            ["--role", "silo", "--port", "0", "--silo-port", $"{FreePort.Take()}", "--gateway-port", $"{FreePort.Take()}"],
            environment, log));

    /// <summary>Starts a front end.</summary>
    public void AddFrontend(string name, int port) => members.Add(
        new Member(name, new Uri($"http://127.0.0.1:{port}/"), ["--role", "frontend", "--port", $"{port}"], environment, log));

    /// <summary>Ends once every front end is ready.</summary>
    public Task ReadyAsync(CancellationToken cancellation) => Task.WhenAll(
        members.Where(member => member.Serves is not null).Select(member => member.ReadyAsync(cancellation)));

    /// <summary>Front ends first, so that nobody asks silos that are going.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(members.Where(member => member.Serves is not null).Select(member => member.StopAsync()));
        await Task.WhenAll(members.Where(member => member.Serves is null).Select(member => member.StopAsync()));
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
