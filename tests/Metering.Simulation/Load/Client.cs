using Metering.Core.Usage;
using Metering.Grid.Directory;
using Metering.Grid.Embedded;
using Metering.Grid.Ingest;
using Metering.Simulation.Running;

namespace Metering.Simulation.Load;

/// <summary>A client: sends what the seed picks, one thing after the other, and everything whose outcome it does not know again.</summary>
internal sealed partial class Client(Cluster cluster, Workload workload, Dice dice, string name)
{
    private readonly SimProcess process = cluster.NewProcess(name);

    public bool IsDone { get; private set; }

    /// <summary>Begins; <see cref="IsDone"/> says when the client has done so many things.</summary>
    public void Start(int things) => cluster.Scheduler.Post(process, () => _ = RunAsync(() => WorkAsync(things)));

    /// <summary>Reads everything there is to read.</summary>
    public void StartAudit() => cluster.Scheduler.Post(process, () => _ = RunAsync(AuditAsync));

    private async Task RunAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception exception)
        {
            cluster.Scheduler.Faults.Add($"{name}: {exception}");
        }

        IsDone = true;
    }

    private async Task WorkAsync(int things)
    {
        for (int i = 0; i < things; i++)
        {
            await WaitAsync(dice.PerMille(50) ? dice.Span(100_000, 20_000_000) : dice.Span(100, 30_000));
            int roll = dice.Below(100);
            if (roll < 55)
                await IngestAsync();
            else if (roll < 80)
                await CommandAsync();
            else if (roll < 95)
                await ReadAsync();
            else if (roll < 97)
                await BillAsync();
            else
                await AdministerAsync();
        }
    }

    private async Task AuditAsync()
    {
        foreach (CustomerEntry customer in cluster.Directory.Customers)
        {
            await ReadWalletAsync(customer);
            await ReadStatusAsync(customer);
        }

        foreach (ProjectEntry project in cluster.Directory.Projects.Values)
            await ReadProjectAsync(project);
        foreach (ProjectEntry project in cluster.Directory.Projects.Values)
            await AuditInvoiceAsync(project);
    }

    private Task WaitAsync(TimeSpan time) => cluster.Scheduler.Delay(time, process);

    private async Task IngestAsync()
    {
        IReadOnlyList<SentEvent> events = workload.MakeEvents(dice);
        if (dice.PerMille(80))
        {
            // Two copies in flight at once, perhaps to two servers.
            await Task.WhenAll(SendAsync(events), SendAsync(events));
            return;
        }

        await SendAsync(events);
        if (dice.PerMille(150))
            await SendAsync(events);
    }

    private async Task SendAsync(IReadOnlyList<SentEvent> events)
    {
        while (events.Count > 0)
        {
            Attempt attempt = await TryAsync(
                (number, route, step) => new Attempt { Number = number, Route = route, Invoked = step, Events = events },
                async engine => await engine.IngestAsync(SentEvent.Batch(events, cluster.Directory), CancellationToken.None));
            if (attempt.Answer is IngestAnswer { Status: IngestStatus.Decided } answer
                && answer.Results.All(each => each.Code != EventCode.Unavailable))
                return;
            if (attempt.Answer is IngestAnswer { Status: IngestStatus.Decided } partly && dice.PerMille(500))
                events = [.. events.Where((_, index) => partly.Results[index].Code == EventCode.Unavailable)];
            await WaitAsync(dice.PerMille(100) ? dice.Span(500_000, 30_000_000) : dice.Span(1_000, 200_000));
        }
    }

    /// <summary>Sends something until its outcome is known, or once where sending it again is not safe.</summary>
    private async Task<Attempt> SettleAsync(
        Func<int, string, long, Attempt> make, Func<EmbeddedEngine, Attempt, Task<object>> call, bool mayRepeat)
    {
        while (true)
        {
            Attempt attempt = await TryAsync(make, call);
            if (attempt.IsKnown || !mayRepeat)
                return attempt;
            await WaitAsync(dice.PerMille(100) ? dice.Span(500_000, 30_000_000) : dice.Span(1_000, 200_000));
        }
    }

    private Task<Attempt> TryAsync(Func<int, string, long, Attempt> make, Func<EmbeddedEngine, Task<object>> call) =>
        TryAsync(make, (engine, _) => call(engine));

    private async Task<Attempt> TryAsync(Func<int, string, long, Attempt> make, Func<EmbeddedEngine, Attempt, Task<object>> call)
    {
        Server? server = cluster.Pick(dice);
        Attempt attempt = make(workload.Attempts.Count, $"{name}>{server?.Process.Name}", cluster.Scheduler.Step);
        workload.Attempts.Add(attempt);
        await cluster.CallAsync(process, dice, attempt, server, engine => call(engine, attempt));
        return attempt;
    }
}
