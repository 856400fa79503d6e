using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Metering.Delivery.Outbox;
using Metering.Delivery.Tests.Support;
using Metering.Grid.Outbox;

namespace Metering.Delivery.Tests.Outbox;

public sealed class OutboxWorkerTests
{
    [Fact]
    public async Task Rows_are_done_once_by_workers_that_run_at_once()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        await databases.PutAsync([.. Enumerable.Range(0, 300).Select(n => Message($"m{n}", n % 3 == 0 ? "" : $"t{n % 7}"))]);
        var seen = new ConcurrentBag<string>();
        var handler = new Handler((claim, _) =>
        {
            seen.Add(claim.Id);
            return OutboxOutcome.Done(200);
        });
        using var stop = new CancellationTokenSource();
        Task[] running = [.. Enumerable.Range(0, 3).Select(_ => databases.Worker(handler).RunAsync(stop.Token))];
        await Until.TrueAsync(async () => Equals(300L, await databases.ScalarAsync("SELECT count(*) FROM outbox WHERE status = 1")));
        await stop.CancelAsync();
        await Task.WhenAll(running);

        Assert.Equal(300, seen.Count);
        Assert.Equal(300, seen.Distinct().Count());
    }

    [Fact]
    public async Task Outcome_decides_what_becomes_of_the_row()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        await databases.PutAsync(
            Message("done"), Message("within"), Message("again"), Message("throws"), Message("never"), Message("away"));
        var handler = new Handler((claim, _) => claim.Id switch
        {
            "done" => OutboxOutcome.Done(204, Message("next") with { Kind = "other" }),
            "within" => OutboxOutcome.DoneWithin(),
            "again" => OutboxOutcome.Retry("busy", 503),
            "throws" => throw new InvalidOperationException("broken"),
            "never" => OutboxOutcome.GiveUp("gone", 410),
            _ => OutboxOutcome.Postpone(TimeSpan.FromHours(1)),
        });
        Assert.Equal(6, await databases.Worker(handler).RunOnceAsync("s1", default));

        Assert.Equal(OutboxStatus.Delivered, (await databases.FindAsync("done")).Status);
        Assert.Equal(OutboxStatus.Pending, (await databases.FindAsync("next")).Status);
        Assert.Equal(204, Assert.Single(await databases.Store.ListAttemptsAsync(0, "done", default)).Attempt.Status);
        Assert.Equal(OutboxStatus.Delivered, (await databases.FindAsync("within")).Status);
        Assert.Empty(await databases.Store.ListAttemptsAsync(0, "within", default));
        OutboxRow again = await databases.FindAsync("again");
        Assert.Equal((OutboxStatus.Pending, "busy"), (again.Status, again.LastError));
        Assert.Equal("InvalidOperationException: broken", (await databases.FindAsync("throws")).LastError);
        OutboxRow never = await databases.FindAsync("never");
        Assert.Equal((OutboxStatus.Dead, "gone"), (never.Status, never.LastError));
        OutboxRow away = await databases.FindAsync("away");
        Assert.Equal((OutboxStatus.Pending, 0), (away.Status, away.Attempts));
        Assert.True(away.NextAttemptAt > OutboxDatabases.Now + TimeSpan.FromMinutes(50));
    }

    [Fact]
    public async Task Attempt_that_takes_too_long_is_ended_and_has_failed()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        await databases.PutAsync(Message("slow"));
        var handler = new Handler(async (_, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return OutboxOutcome.Done();
        });
        var options = new OutboxWorkerOptions { AttemptTimeout = TimeSpan.FromMilliseconds(50) };
        await databases.Worker(handler, options).RunOnceAsync("s1", default);
        Assert.Contains("longer than", (await databases.FindAsync("slow")).LastError!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Target_that_hangs_gets_its_places_and_no_more_and_the_others_are_served()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        await databases.PutAsync([.. Enumerable.Range(0, 40).Select(n => Message($"hang{n}", "a-hangs"))]);
        await databases.PutAsync([.. Enumerable.Range(0, 40).Select(n => Message($"well{n}", "b-well"))]);
        int hanging = 0;
        int most = 0;
        var handler = new Handler(async (claim, cancellation) =>
        {
            if (claim.Message.Target == "b-well")
                return OutboxOutcome.Done();
            most = Math.Max(most, Interlocked.Increment(ref hanging));
            await Task.Delay(Timeout.Infinite, cancellation);
            return OutboxOutcome.Done();
        });
        using var stop = new CancellationTokenSource();
        Task running = databases.Worker(
            handler, new OutboxWorkerOptions { Parallel = 4, ParallelPerTarget = 2, StopWithin = TimeSpan.Zero }).RunAsync(stop.Token);
        await Until.TrueAsync(async () => Equals(40L, await databases.ScalarAsync("SELECT count(*) FROM outbox WHERE status = 1")));
        await stop.CancelAsync();
        await running;

        Assert.Equal(2, most);
        // What was in hand at the stop is given back, uncounted and due at once.
        Assert.Equal(0L, await databases.ScalarAsync(
            "SELECT count(*) FROM outbox WHERE status = 0 AND (attempts > 0 OR visible_at > now())"));
    }

    [Fact]
    public async Task Target_that_keeps_failing_rests()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        await databases.PutAsync([.. Enumerable.Range(0, 50).Select(n => Message($"m{n}", "fails"))]);
        int calls = 0;
        var handler = new Handler((_, _) =>
        {
            Interlocked.Increment(ref calls);
            return OutboxOutcome.Retry("no");
        });
        OutboxWorker worker = databases.Worker(
            handler, new OutboxWorkerOptions { FailuresBeforeRest = 3, ParallelPerTarget = 1, LongestRest = TimeSpan.FromHours(1) });
        for (int i = 0; i < 10; i++)
            await worker.RunOnceAsync("s1", default);
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task Stop_lets_what_is_in_hand_come_to_its_end()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        await databases.PutAsync(Message("m"));
        using var stop = new CancellationTokenSource();
        var entered = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var handler = new Handler(async (_, _) =>
        {
            entered.SetResult();
            await go.Task;
            return OutboxOutcome.Done();
        });
        Task running = databases.Worker(handler, new OutboxWorkerOptions { StopWithin = TimeSpan.FromSeconds(30) }).RunAsync(stop.Token);
        await entered.Task;
        await stop.CancelAsync();
        Assert.False(running.IsCompleted);
        go.SetResult();
        await running;
        Assert.Equal(OutboxStatus.Delivered, (await databases.FindAsync("m")).Status);
    }

    [Fact]
    public async Task Names_units_kinds_and_tags_of_what_is_measured_are_the_approved_ones()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, target) =>
        {
            if (instrument.Meter.Name == OutboxInstruments.MeterName)
                target.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Note(instrument, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Note(instrument, tags));
        listener.Start();
        await databases.PutAsync(Message("m"));
        await databases.Worker(new Handler((_, _) => OutboxOutcome.Done(200))).RunOnceAsync("s1", default);
        listener.RecordObservableInstruments();

        Assert.Equal(
            [
                "metering.outbox.age s metering.outbox.kind",
                "metering.outbox.attempt.duration s metering.outbox.kind metering.outcome",
                "metering.outbox.due {row} metering.outbox.kind",
            ],
            found.Select(pair => $"{pair.Key} {pair.Value}"));

        void Note(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var names = new List<string> { instrument.Unit! };
            foreach (KeyValuePair<string, object?> tag in tags)
                names.Add(tag.Key);
            lock (found)
                found[instrument.Name] = string.Join(' ', names);
        }
    }

    private static OutboxMessage Message(string id, string target = "") =>
        new(id, "test", 0, "c", "{}", OutboxDatabases.Now) { Target = target };

    private sealed class Handler(Func<OutboxClaim, CancellationToken, ValueTask<OutboxOutcome>> handle) : IOutboxHandler
    {
        public Handler(Func<OutboxClaim, CancellationToken, OutboxOutcome> handle)
            : this((claim, cancellation) => ValueTask.FromResult(handle(claim, cancellation)))
        {
        }

        public IReadOnlyList<string> Kinds => ["test"];

        public ValueTask<OutboxOutcome> HandleAsync(OutboxClaim claim, CancellationToken cancellation) => handle(claim, cancellation);
    }
}
