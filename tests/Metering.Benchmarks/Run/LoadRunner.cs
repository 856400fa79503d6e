using System.Text.Json;
using Metering.Benchmarks.Load;
using Metering.Benchmarks.Processes;
using Metering.TestSupport;

namespace Metering.Benchmarks.Run;

/// <summary>Runs jobs in load generators and accounts for them. Numbers events, so that no two jobs of a run share any.</summary>
internal sealed class LoadRunner(BenchPostgres postgres)
{
    private readonly string catalogue = Path.Combine(Repository.Root, "silo-config", "catalog", "llm.json");
    private readonly long epoch = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private long nextEvent;

    /// <summary>The least a job has to say.</summary>
    public LoadSpec Spec(ITarget target, LoadKind kind = LoadKind.Ingest) => new()
    {
        Port = target.Port,
        Key = ServerProcess.OperatorKey,
        Kind = kind,
        Catalogue = catalogue,
        EpochMilliseconds = epoch,
    };

    /// <summary>Runs a job.</summary>
    /// <param name="target">Who is measured.</param>
    /// <param name="spec">The job; the number of its first event is set here.</param>
    /// <param name="ledger">Takes what was acknowledged; null for targets that are not checked.</param>
    public async Task<Measurement> RunAsync(ITarget target, LoadSpec spec, ClientLedger? ledger)
    {
        string? log = ledger is null ? null : Path.GetTempFileName();
        spec = spec with { FirstEvent = nextEvent, LogFile = spec.LogFile ?? log };
        await using ChildProcess child = ChildProcess.Start(["load"], ("DOTNET_TieredCompilation", "0"));
        await child.WriteLineAsync(JsonSerializer.Serialize(spec));
        await ExpectAsync(child, LoadProcess.Begin);
        Sample before = await TakeAsync(target);
        await ExpectAsync(child, LoadProcess.End);
        Sample after = await TakeAsync(target);
        LoadResult result = JsonSerializer.Deserialize<LoadResult>(await child.ReadLineAsync())!;
        // A multiple of all batch sizes.
        nextEvent = ((result.NextEvent / 1_000) + 1) * 1_000;
        if (log is not null)
        {
            ledger!.Add(spec.FirstCustomer, TallyFile.Read(log));
            File.Delete(log);
        }

        double units = Math.Max(1, after.Debited is { } debited ? debited - before.Debited!.Value : spec.Kind == LoadKind.Ingest
            ? result.Events : result.Requests);
        return new Measurement
        {
            Target = target.Name,
            Load = result,
            PerSecond = units / result.Seconds,
            ServerMicroseconds = (after.Server - before.Server) * 1e6 / units,
            PostgresMicroseconds = (after.Postgres - before.Postgres) * 1e6 / units,
            ClientMicroseconds = result.ProcessorSeconds * 1e6 / units,
            JournalBytes = after.Figures is null || result.Events == 0
                ? null
                : (after.Figures.JournalBytes - before.Figures!.JournalBytes) / (result.Events * NewShare(spec)),
            WalBytes = (after.Wal.Bytes - before.Wal.Bytes) / units,
            Transactions = (after.Wal.Transactions - before.Wal.Transactions) / result.Seconds,
            Costs = after.Figures is null
                ? null
                : ServerCosts.Between(before.Figures!, after.Figures, units, result.Seconds, after.Server - before.Server),
        };
    }

    /// <summary>Of the events that are sent, those that are not sent a second time: only they are journaled.</summary>
    private static double NewShare(LoadSpec spec) => 1 - (spec.DuplicatesPercent / 100.0);

    private static async Task ExpectAsync(ChildProcess child, string line)
    {
        string said = await child.ReadLineAsync();
        if (said != line)
            throw new InvalidOperationException($"The load generator said '{said}', not '{line}'.");
    }

    private async Task<Sample> TakeAsync(ITarget target) => new(
        ProcessTimes.SecondsOf(target.ProcessId),
        ProcessTimes.SecondsWithChildrenOf(postgres.ProcessId) + ProcessTimes.SecondsOf(target.StoreProcessId),
        await postgres.WrittenAsync(), await target.DebitedAsync(), await target.FiguresAsync());

    private sealed record Sample(
        double Server, double Postgres, (long Bytes, long Transactions) Wal, long? Debited, ServerFigures? Figures);
}
