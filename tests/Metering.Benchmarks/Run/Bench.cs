using System.Diagnostics;
using System.Globalization;
using Metering.Benchmarks.Load;
using Metering.Benchmarks.Peers;
using Metering.Benchmarks.Probe;
using Metering.Benchmarks.Run.Cells;

namespace Metering.Benchmarks.Run;

/// <summary>
/// All that is measured with one number of shards: the server with its customers, the probe, the peers, the client's ledger.
/// </summary>
internal sealed class Bench : IAsyncDisposable
{
    /// <summary>Customers that events are spread over.</summary>
    public const int Customers = 100_000;

    /// <summary>More of them, for cells that need customers of their own.</summary>
    public const int ExtraCustomers = 4_000;

    /// <summary>Those of them that have credits; the others come after these.</summary>
    public const int FundedExtra = 2_000;

    /// <summary>Credits in each wallet.</summary>
    public const long Credits = 1_000_000_000;

    private const long NanosACredit = 1_000_000_000;

    /// <summary>What each target gets before bursts are measured, because code is compiled by use: seconds of single events, then so many
    /// requests of a hundred and of a thousand, or what of them fits into as long.</summary>
    private const double CompilingSeconds = 1.5;

    private static readonly (int Events, int Requests)[] _compilingBatches = [(100, 500), (1_000, 80)];

    private readonly List<PeerTarget> peers = [];
    private readonly Dictionary<ITarget, ClientLedger> ledgers = [];
    private ProbeTarget? probe;

    /// <summary>Whether the server has done what it had put off, and nothing was sent to it since.</summary>
    private bool isSettled;

    private Bench(BenchOptions options, BenchPostgres postgres, int shards, BenchReport report)
    {
        Options = options;
        Postgres = postgres;
        Shards = shards;
        Report = report;
        Runner = new LoadRunner(postgres);
    }

    public BenchOptions Options { get; }

    public BenchPostgres Postgres { get; }

    public int Shards { get; }

    public BenchReport Report { get; }

    public LoadRunner Runner { get; }

    public ClientLedger Ledger { get; } = new();

    public ServerTarget Server { get; private set; } = null!;

    public static async Task<Bench> StartAsync(BenchOptions options, BenchPostgres postgres, int shards,
        IReadOnlyCollection<string> peers, BenchReport report)
    {
        var bench = new Bench(options, postgres, shards, report);
        Say($"starting the server and the probe, shards: {shards}, {Customers + ExtraCustomers:N0} customers with credits");
        Task others = bench.StartOthersAsync(peers);
        bench.Server = await ServerTarget.StartAsync(postgres, shards, Customers + ExtraCustomers, Customers + FundedExtra,
            ModelPrices.Plan, Credits, bench.FillAsync);
        await others;
        bench.ledgers.Add(bench.Server, bench.Ledger);
        for (int customer = 0; customer < Customers + FundedExtra; customer++)
            bench.Ledger.Granted[customer] = Credits;
        Say("  probe and peers serve");
        await bench.Server.WarmAsync();
        Say("  all customers are in memory");
        return bench;
    }

    private async Task StartOthersAsync(IReadOnlyCollection<string> peers)
    {
        probe = await ProbeTarget.StartAsync(Postgres, Shards);
        foreach (string name in peers)
            await AddPeerAsync(name);
    }

    /// <summary>An event of each customer, so that none is new.</summary>
    private async Task FillAsync(ITarget target) => await Runner.RunAsync(target, Runner.Spec(target) with
    {
        Customers = Customers, Skew = Skew.InTurn, EventsARequest = 1_000, Connections = 4, RequestsMax = Customers / 1_000, Seconds = 600,
    }, Ledger);

    /// <summary>Single events and batches for the server, the probe and the peers that take batches, so that their code is
    /// compiled.</summary>
    public async Task CompileAsync()
    {
        // Of one customer, so that next to nothing is left to be saved while something is measured.
        Say("a few seconds of everything, so that all have compiled what they run");
        foreach (ITarget target in (ITarget[])[probe!, .. peers.Where(peer => Bursts.TakesBatches(peer.Name)), Server])
        {
            LoadSpec spec = Runner.Spec(target) with
            {
                Customers = Customers, Skew = Skew.Hot, Connections = 64, Seconds = CompilingSeconds,
            };
            Server.Pause(target != Server);
            isSettled &= target != Server;
            await Runner.RunAsync(target, spec, ledgers.GetValueOrDefault(target));
            foreach ((int events, int requests) in _compilingBatches)
            {
                await Runner.RunAsync(
                    target, spec with { EventsARequest = events, Connections = 16, RequestsMax = requests },
                    ledgers.GetValueOrDefault(target));
            }

            await target.SettleAsync();
        }

        isSettled = true;
    }

    /// <summary>Gives credits to customers, once each.</summary>
    public async Task<Measurement> GrantAsync(int first, int count, long credits)
    {
        isSettled = false;
        LoadSpec spec = Runner.Spec(Server, LoadKind.Grant) with { FirstCustomer = first, Customers = count, GrantCredits = credits,
            Connections = 128 };
        Measurement measured = await Runner.RunAsync(Server, spec, null);
        for (int customer = first; customer < first + count; customer++)
            Ledger.Granted[customer] = Ledger.Granted.GetValueOrDefault(customer) + credits;
        return measured;
    }

    private async Task AddPeerAsync(string name)
    {
        if (await PeerCatalog.MissingAsync(name) is { } missing)
        {
            Say($"{name} cannot run here: {missing}");
            Report.Missing[name] = missing;
            return;
        }

        PeerTarget peer = await PeerTarget.StartAsync(name, Postgres, Customers, Credits * NanosACredit);
        peers.Add(peer);
        ledgers.Add(peer, new ClientLedger());
    }

    /// <summary>Measures a job in turns.</summary>
    public async Task<CellReport> MeasureAsync(Turns turns)
    {
        var cell = new CellReport(turns.Name, turns.Title, Shards);
        var runs = new Dictionary<ITarget, List<Measurement>>();
        ITarget[] others = [.. peers.Where(peer => turns.Peers.Contains(peer.Name))];
        for (int repeat = 0; repeat < turns.Repeats; repeat++)
        {
            foreach (ITarget target in repeat == 0 ? (ITarget[])[probe!, Server, .. others] : [probe!, Server])
            {
                Measurement measured = await MeasureOnceAsync(target, turns.Job(Runner.Spec(target) with
                {
                    Customers = Customers, Seconds = turns.Seconds,
                    WarmupSeconds = repeat == 0 ? Turns.FirstWarmup : Turns.LaterWarmup,
                }));
                Say($"  {turns.Title}: {target.Name} {measured.PerSecond:N0}/s, p99 {measured.Load.Latency.P99:0.0} ms");
                if (!runs.TryGetValue(target, out List<Measurement>? list))
                    runs.Add(target, list = []);
                list.Add(measured);
            }
        }

        foreach (ITarget target in (ITarget[])[Server, probe!, .. others])
            cell.Add(runs[target]);
        cell.RatiosToProbe = [.. runs[Server].Zip(runs[probe!], static (ours, limit) => ours.PerSecond / limit.PerSecond).Order()];
        Report.Cells.Add(cell);
        return cell;
    }

    /// <summary>
    /// Measures once: after the server has done what it had put off, and with the server standing still while another is measured.
    /// </summary>
    public async Task<Measurement> MeasureOnceAsync(ITarget target, LoadSpec spec)
    {
        if (!isSettled)
            await Server.SettleAsync();
        // What only reads puts nothing off.
        isSettled = target != Server || spec.Kind == LoadKind.Check;
        if (target != Server)
            Server.Pause(true);
        try
        {
            Measurement measured = await Runner.RunAsync(target, spec, ledgers.GetValueOrDefault(target));
            long ended = Stopwatch.GetTimestamp();
            if (!isSettled || target != Server)
                await target.SettleAsync();
            isSettled = true;
            return measured with { SettledSeconds = Stopwatch.GetElapsedTime(ended).TotalSeconds };
        }
        finally
        {
            if (target != Server)
                Server.Pause(false);
        }
    }

    /// <summary>The peer of a name, where it runs.</summary>
    public ITarget? FindPeer(string name) => peers.Find(peer => peer.Name == name);

    /// <summary>Recomputes everything from the client's ledger.</summary>
    public async Task<bool> CheckAsync()
    {
        Say("recomputing every balance from the client's log");
        var check = new IndependentCheck(Server, Runner, Ledger);
        long started = Stopwatch.GetTimestamp();
        await check.RunAsync();
        Report.Checks.Add(new CheckReport(Shards, Server.Name, Ledger.Events, check.Differences, check.Examples)
        {
            JournalBytesAnEvent = (double)check.JournalBytes / Math.Max(1, Ledger.Events),
        });
        Say($"  {Ledger.Events:N0} events, {check.Differences} differences, {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
        bool right = check.Differences == 0;
        foreach (PeerTarget peer in peers)
            right &= await CheckAsync(peer);
        return right;
    }

    private async Task<bool> CheckAsync(PeerTarget peer)
    {
        ClientLedger told = ledgers[peer];
        long[] debited = await peer.DebitedAsync();
        int[] wrong = [.. Enumerable.Range(0, debited.Length).Where(customer =>
            debited[customer] != told.Customers.GetValueOrDefault(customer).Nanos)];
        Report.Checks.Add(new CheckReport(Shards, peer.Name, told.Events, wrong.Length, [.. wrong.Take(5).Select(LlmLoad.CustomerId)]));
        Say($"  {peer.Name}: {told.Events:N0} events, {wrong.Length} differences");
        return wrong.Length == 0;
    }

    /// <summary>A line of progress.</summary>
    public static void Say(FormattableString line) => Say(FormattableString.Invariant(line));

    /// <summary>A line of progress.</summary>
    public static void Say(string line) => Console.WriteLine($"{DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} {line}");

    public async ValueTask DisposeAsync()
    {
        foreach (ITarget target in peers)
            await target.DisposeAsync();
        if (probe is not null)
            await probe.DisposeAsync();
        await Server.DisposeAsync();
    }
}
