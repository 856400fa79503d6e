using System.Runtime.CompilerServices;
using Metering.Core.Time;
using Metering.Grid.Storage;
using Metering.Simulation.Running;

namespace Metering.Simulation.Storing;

/// <summary>
/// One process's way to a shard. A call takes effect at a moment that the seed picks and answers at a later one; in between anything
/// can happen to it. What was sent may still take effect when the client has given up or is dead.
/// </summary>
internal sealed class SimStore(SimShard shard, SimProcess process, Dice dice, FaultPlan faults) : IShardStore
{
    public string Name => shard.Data.Name;

    public ValueTask<Instant> ReadClockAsync(CancellationToken cancellation) =>
        CallAsync("clock", () => Now(shard.Direct.ReadClockAsync(CancellationToken.None)), cancellation);

    public ValueTask<PartitionClaim> ClaimAsync(ClaimRequest request, CancellationToken cancellation) => CallAsync(
        "claim",
        () =>
        {
            PartitionClaim claim = Now(shard.Direct.ClaimAsync(request, CancellationToken.None));
            if (claim.Status == ClaimStatus.Claimed)
                shard.Claimed(request.Partition, claim.Epoch);
            return claim;
        },
        cancellation);

    public ValueTask<Guid?> ReadOwnerAsync(int partition, CancellationToken cancellation) => CallAsync(
        "owner", () => shard.Direct.ReadOwnerAsync(partition, CancellationToken.None).AsTask().GetAwaiter().GetResult(), cancellation);

    public async ValueTask ReleaseAsync(int partition, long epoch, CancellationToken cancellation) => await CallAsync(
        "release",
        () =>
        {
            shard.Direct.ReleaseAsync(partition, epoch, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return true;
        },
        cancellation);

    public async ValueTask WriteRoundAsync(
        IReadOnlyList<GroupWrite> groups, IReadOnlyList<FenceCheck> checks, ICollection<int> held, CancellationToken cancellation)
    {
        if (groups.Count + checks.Count == 0)
            return;
        // A statement that is still on its way has its parameters already; the bodies are copied when they go out.
        GroupWrite[] sent = [.. groups.Select(group => group with { Body = group.Body.ToArray() })];
        FenceCheck[] asked = [.. checks];
        List<int> seen = await CallAsync("round", () => Write(sent, asked), cancellation);
        foreach (int partition in seen)
            held.Add(partition);
    }

    public async IAsyncEnumerable<JournalRow> ReadJournalAsync(
        int partition, long afterSequence, [EnumeratorCancellation] CancellationToken cancellation)
    {
        const int chunk = 40;
        while (true)
        {
            long after = afterSequence;
            JournalRow[] rows = await CallAsync(
                "journal",
                () => shard.Data.Journal(partition).Where(row => row.Sequence > after).Take(chunk).Select(Copy).ToArray(),
                cancellation);
            foreach (JournalRow row in rows)
                yield return row;
            if (rows.Length < chunk)
                yield break;
            afterSequence = rows[^1].Sequence;
        }
    }

    public ValueTask<IReadOnlyList<JournalRow>> ReadGroupsAsync(
        int partition, IReadOnlyList<long> sequences, CancellationToken cancellation) =>
        CallAsync("groups", () => Now(shard.Direct.ReadGroupsAsync(partition, sequences, CancellationToken.None)), cancellation);

    public ValueTask<PartitionRecord> ReadPartitionAsync(int partition, CancellationToken cancellation) =>
        CallAsync("partition", () => Now(shard.Direct.ReadPartitionAsync(partition, CancellationToken.None)), cancellation);

    public ValueTask<IReadOnlyList<BucketRow>> ReadBucketsAsync(IReadOnlyList<BucketKey> keys, CancellationToken cancellation) =>
        CallAsync("buckets", () => Now(shard.Direct.ReadBucketsAsync(keys, CancellationToken.None)), cancellation);

    public ValueTask<bool> SaveCheckpointAsync(CheckpointWrite write, CancellationToken cancellation)
    {
        if (shard.Sabotage == Sabotage.StampLate && write.Buckets.Count > 0)
        {
            shard.Sabotaged++;
            write = write with { Buckets = [.. write.Buckets.Select(row => row with { Sequence = row.Sequence + 1 })] };
        }

        return CallAsync("checkpoint", () => Now(shard.Direct.SaveCheckpointAsync(write, CancellationToken.None)), cancellation);
    }

    public ValueTask<IReadOnlyList<SegmentInfo>> ReadSegmentsAsync(int partition, CancellationToken cancellation) =>
        CallAsync("segments", () => Now(shard.Direct.ReadSegmentsAsync(partition, CancellationToken.None)), cancellation);

    public ValueTask<bool> SaveSegmentAsync(SegmentWrite write, CancellationToken cancellation)
    {
        if (shard.Sabotage == Sabotage.EmptySegments && write.Segment is not null)
        {
            shard.Sabotaged++;
            write = write with { Blocks = [.. write.Blocks.Select(_ => Array.Empty<byte>())] };
        }

        return CallAsync("segment", () => Now(shard.Direct.SaveSegmentAsync(write, CancellationToken.None)), cancellation);
    }

    public ValueTask<byte[]?> ReadSegmentFilterAsync(int partition, long segment, CancellationToken cancellation) =>
        CallAsync("filter", () => Now(shard.Direct.ReadSegmentFilterAsync(partition, segment, CancellationToken.None)), cancellation);

    public ValueTask<IReadOnlyList<SegmentBlock>> ReadSegmentBlocksAsync(
        int partition, IReadOnlyList<SegmentBlockKey> keys, CancellationToken cancellation) =>
        CallAsync("blocks", () => Now(shard.Direct.ReadSegmentBlocksAsync(partition, keys, CancellationToken.None)), cancellation);

    private static T Now<T>(ValueTask<T> task) =>
        task.IsCompleted ? task.GetAwaiter().GetResult() : throw new InvalidOperationException("The store in memory must not wait.");

    private static JournalRow Copy(JournalRow row) => row with { Body = [.. row.Body] };

    private List<int> Write(GroupWrite[] groups, FenceCheck[] checks)
    {
        (groups, checks) = Spoil(groups, checks, out GroupWrite[] lost);
        var seen = new List<int>();
        shard.Direct.WriteRoundAsync(groups, checks, seen, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        shard.Committed(groups);
        seen.AddRange(lost.Select(group => group.Partition));
        return seen;
    }

    private (GroupWrite[] Groups, FenceCheck[] Checks) Spoil(GroupWrite[] groups, FenceCheck[] checks, out GroupWrite[] lost)
    {
        lost = [];
        switch (shard.Sabotage)
        {
            case Sabotage.IgnoreEpoch:
                shard.Sabotaged += groups.Count(group => group.Epoch != shard.CurrentEpoch(group.Partition));
                shard.Sabotaged += checks.Count(check => check.Epoch != shard.CurrentEpoch(check.Partition));
                groups = [.. groups.Select(group => group with { Epoch = shard.CurrentEpoch(group.Partition) })];
                checks = [.. checks.Select(check => check with { Epoch = shard.CurrentEpoch(check.Partition) })];
                break;
            case Sabotage.HoldEveryCheck:
                shard.Sabotaged += checks.Count(check => check.Epoch != shard.CurrentEpoch(check.Partition));
                checks = [.. checks.Select(check => check with { Epoch = shard.CurrentEpoch(check.Partition) })];
                break;
            case Sabotage.LoseRound when dice.PerMille(20):
                shard.Sabotaged++;
                (lost, groups) = (groups, []);
                break;
            case Sabotage.WriteTwice when dice.PerMille(50):
                shard.Sabotaged++;
                groups = [.. groups.Take(1), .. groups.Take(1).Select(group => group with { Sequence = group.Sequence + 1 }),
                    .. groups.Skip(1)];
                break;
            default:
                break;
        }

        return (groups, checks);
    }

    private async ValueTask<T> CallAsync<T>(string what, Func<T> action, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Send(what, action, answer);
        await using (cancellation.Register(() => answer.TrySetCanceled(cancellation)))
            return await answer.Task;
    }

    private void Send<T>(string what, Func<T> action, TaskCompletionSource<T> answer)
    {
        Fault fault = Throw(what);
        TimeSpan there = dice.Span(50, 2_000);
        TimeSpan back = dice.Span(50, 2_000);
        if (fault == Fault.Slow)
            there += dice.Span(10_000, 3_000_000);
        if (fault is Fault.Lost or Fault.Away)
        {
            Answer(there + back, () => answer.TrySetException(new ShardAwayException($"{what}: lost")));
            return;
        }

        if (fault == Fault.Late)
        {
            // The client gives up; the statement arrives all the same, some time after.
            Answer(there, () => answer.TrySetException(new ShardAwayException($"{what}: timed out")));
            there += dice.Span(1_000, 400_000);
        }

        shard.Scheduler.After(there, shard.Process, () => Arrive(what, action, answer, fault, back));
    }

    private void Arrive<T>(string what, Func<T> action, TaskCompletionSource<T> answer, Fault fault, TimeSpan back)
    {
        T result;
        try
        {
            result = action();
        }
        catch (InvalidOperationException exception)
        {
            Answer(back, () => answer.TrySetException(exception));
            return;
        }

        if (fault == Fault.Unknown)
            Answer(back, () => answer.TrySetException(new ShardAwayException($"{what}: connection lost")));
        else if (fault != Fault.Late)
            Answer(back, () => answer.TrySetResult(result));
    }

    private void Answer(TimeSpan back, Action action) => shard.Scheduler.After(back, process, action);

    private Fault Throw(string what)
    {
        if (faults.IsOver)
            return Fault.None;
        if (shard.AwayUntil > shard.Scheduler.Now)
            return Counted(Fault.Away, what);
        int roll = dice.Below(1000);
        if ((roll -= faults.LostPerMille) < 0)
            return Counted(Fault.Lost, what);
        if ((roll -= faults.UnknownPerMille) < 0)
            return Counted(Fault.Unknown, what);
        if ((roll -= faults.LatePerMille) < 0)
            return Counted(Fault.Late, what);
        return roll - faults.SlowPerMille < 0 ? Counted(Fault.Slow, what) : Fault.None;
    }

    private Fault Counted(Fault fault, string what)
    {
        string kind = what == "round" ? "write" : what is "checkpoint" or "segment" or "claim" ? what : "read";
        faults.Count($"{fault} {kind}".ToLowerInvariant());
        return fault;
    }

    private enum Fault
    {
        None,
        Lost,
        Unknown,
        Late,
        Slow,
        Away,
    }
}
