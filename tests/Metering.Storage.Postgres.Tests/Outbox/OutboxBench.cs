using Metering.Core.Time;
using Metering.Grid.Outbox;
using Metering.Storage.Postgres.Outbox;
using Metering.Storage.Postgres.Tests.Shards;
using Metering.TestSupport.Memory;

namespace Metering.Storage.Postgres.Tests.Outbox;

/// <summary>Two shards, "s1" with the even partitions and "s2" with the odd ones, and outboxes over them on one manual clock.</summary>
internal sealed class OutboxBench : IAsyncDisposable
{
    private OutboxBench(TestShard even, TestShard odd)
    {
        (Even, Odd) = (even, odd);
        Store = NewStore();
    }

    public TestShard Even { get; }

    public TestShard Odd { get; }

    public ManualTime Time { get; } = new(DateTimeOffset.Parse("2025-01-17T12:00:00Z", System.Globalization.CultureInfo.InvariantCulture));

    public Instant Now => Instant.FromDateTimeOffset(Time.GetUtcNow());

    public OutboxStore Store { get; }

    public static async Task<OutboxBench> CreateAsync() => new(
        await TestShard.CreateAsync(1), await TestShard.CreateAsync(2, name: "s2"));

    /// <summary>As another process has it; without jitter.</summary>
    public OutboxStore NewStore(OutboxOptions? options = null) => new(
        [Even.Database, Odd.Database], partition => partition % 2 == 0 ? Even.Database : Odd.Database, options ?? new OutboxOptions(),
        Time, () => 0);

    public OutboxMessage Message(string id, string kind = "mail.invoice", int partition = 0, string target = "", string customer = "c") =>
        new(id, kind, partition, customer, """{"n":1}""", Now) { Target = target };

    public Task PutAsync(params OutboxMessage[] messages) => Store.EnqueueAsync(messages, default).AsTask();

    public async Task<IReadOnlyList<OutboxClaim>> ClaimAsync(
        string kind = "mail.invoice", int limit = 100, IOutbox? store = null, string shard = "s1") =>
        await (store ?? Store).ClaimAsync(new OutboxClaimRequest(shard, [kind], limit), default);

    public OutboxAttempt Attempt(string? error = null, int? status = null) => new(Now, TimeSpan.FromMilliseconds(12), status, error);

    public async ValueTask DisposeAsync()
    {
        await Even.DisposeAsync();
        await Odd.DisposeAsync();
    }
}
