using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace Metering.Scenarios.Crash;

/// <summary>
/// What the clients know: everything they sent and were told. Contradictions that show at once become <see cref="Faults"/>; the rest is
/// for the judges.
/// </summary>
internal sealed class ClientLog
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, SentEvent> events = [];
    private readonly List<SentEvent> order = [];
    private readonly Dictionary<string, decimal> granted = [];
    private readonly Dictionary<string, decimal> captured = [];
    private readonly ConcurrentBag<string> faults = [];
    private readonly ConcurrentDictionary<(string Customer, decimal Available), byte> balances = new();
    private readonly ConcurrentBag<WalletReading> readings = [];
    private TaskCompletionSource nextSuccess = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long clock;
    private long answered;
    private long unanswered;
    private long unavailable;
    private long duplicates;

    public IReadOnlyCollection<string> Faults => faults;

    public IReadOnlyCollection<WalletReading> Readings => readings;

    /// <summary>Every balance of a customer that any answer showed.</summary>
    public IEnumerable<(string Customer, decimal Available)> Balances => balances.Keys;

    /// <summary>Requests with a final answer, without any answer, and answered 503.</summary>
    public (long Answered, long Broken, long Unavailable) Requests =>
        (Interlocked.Read(ref answered), Interlocked.Read(ref unanswered), Interlocked.Read(ref unavailable));

    public long Duplicates => Interlocked.Read(ref duplicates);

    /// <summary>All events; only when no client works any more.</summary>
    public IReadOnlyList<SentEvent> Events => order;

    public SentEvent Find(string id) => events[id];

    public decimal Granted(string customer) => granted.GetValueOrDefault(customer);

    /// <summary>Captured by amount, not by an event.</summary>
    public decimal Captured(string customer) => captured.GetValueOrDefault(customer);

    public void Fault(string what) => faults.Add(what);

    public void Sending(SentEvent sent)
    {
        lock (gate)
        {
            events.Add(sent.Id, sent);
            order.Add(sent);
        }
    }

    /// <summary>One of the newest events, to send again; null while there is none.</summary>
    public SentEvent? Earlier(Random dice)
    {
        lock (gate)
            return order.Count == 0 ? null : order[^(1 + dice.Next(Math.Min(order.Count, dice.Next(4) == 0 ? order.Count : 200)))];
    }

    /// <summary>A place in the order of what happened.</summary>
    public long Now() => Interlocked.Increment(ref clock);

    public void Answered() => Interlocked.Increment(ref answered);

    public void Broken() => Interlocked.Increment(ref unanswered);

    public void Unavailable() => Interlocked.Increment(ref unavailable);

    public void Granting(string customer, decimal amount)
    {
        lock (gate)
            granted[customer] = Granted(customer) + amount;
    }

    public void Capturing(string customer, decimal amount)
    {
        lock (gate)
            captured[customer] = Captured(customer) + amount;
    }

    /// <summary>A request was answered with success: whoever waits for the next one goes on.</summary>
    public void Succeeded() => Volatile.Read(ref nextSuccess).TrySetResult();

    /// <summary>Ends at the next answer with success.</summary>
    public Task NextSuccessAsync()
    {
        var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref nextSuccess, next);
        return next.Task;
    }

    /// <summary>An answer says that an event counts.</summary>
    /// <param name="sent">The event.</param>
    /// <param name="asked">When the request was sent.</param>
    /// <param name="first">True for <c>accepted</c>, false for <c>duplicate</c>, null where the answer does not say which.</param>
    /// <param name="credits">What it cost; null where the answer does not say.</param>
    /// <param name="at">When it was taken; null where the answer does not say.</param>
    public void Counted(SentEvent sent, long asked, bool? first, decimal? credits, string? at)
    {
        lock (gate)
        {
            if (first == true && sent.Accepted)
                Fault($"event {sent.Id} was accepted twice");
            if (first == true && sent.AcknowledgedAt < asked)
                Fault($"event {sent.Id} was accepted again after it was known to count");
            if (credits is { } cost && cost != sent.Credits)
                Fault($"event {sent.Id} has to cost {sent.Credits} and was answered with {cost}");
            if (at is not null && sent.At is not null && at != sent.At)
                Fault($"event {sent.Id} was taken at {sent.At} and then at {at}");
            if (first == false)
                Interlocked.Increment(ref duplicates);
            sent.Accepted |= first == true;
            sent.At ??= at;
            if (!sent.Acknowledged)
                sent.AcknowledgedAt = Now();
            sent.Acknowledged = true;
        }
    }

    public void Refused(SentEvent sent, long asked, string code)
    {
        lock (gate)
        {
            if (code != "insufficient_credits")
                Fault($"event {sent.Id} was refused: {code}");
            if (sent.AcknowledgedAt < asked)
                Fault($"event {sent.Id} was refused ({code}) after it was known to count");
            sent.Refused = code;
        }
    }

    /// <summary>An answer shows a balance.</summary>
    public void Balance(string customer, JsonElement balance)
    {
        decimal available = Number(balance, "available");
        decimal held = Number(balance, "held");
        if (available < 0 || held < 0)
            Fault($"{customer} was shown a balance below zero: {available}, held {held}");
        balances.TryAdd((customer, available), 0);
    }

    /// <summary>An answer shows a whole wallet.</summary>
    public void Reading(string customer, JsonElement wallet)
    {
        Balance(customer, wallet);
        var reading = WalletReading.Of(customer, wallet);
        if (reading.Available + reading.Held + reading.Burned + reading.Expired != reading.Granted + reading.Overage)
            Fault($"a wallet does not add up: {wallet}");
        readings.Add(reading);
    }

    public static decimal Number(JsonElement holder, string member) =>
        decimal.Parse(holder.GetProperty(member).ToString(), NumberStyles.Number, CultureInfo.InvariantCulture);
}

/// <summary>A wallet as an answer had it.</summary>
internal sealed record WalletReading(
    string Customer, decimal Available, decimal Held, decimal Burned, decimal Expired, decimal Granted, decimal Overage, long AsOf)
{
    public static WalletReading Of(string customer, JsonElement wallet) => new(
        customer, ClientLog.Number(wallet, "available"), ClientLog.Number(wallet, "held"), ClientLog.Number(wallet, "burned"),
        ClientLog.Number(wallet, "expired"), ClientLog.Number(wallet, "granted"), ClientLog.Number(wallet, "overage"),
        wallet.GetProperty("as_of_seq").GetInt64());
}
