using System.Text.Json;
using Metering.Api.Json;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;

namespace Metering.Api.Wallets;

/// <summary>The body of <c>POST /v1/wallets/{customer}/grants</c>.</summary>
/// <param name="Amount">How many credits; more than 0.</param>
/// <param name="Kind"><c>paid</c> or <c>promotional</c>.</param>
/// <param name="Priority">0 to 1,000; the lowest is consumed first; 50 where it is absent.</param>
/// <param name="ExpiresAt">When what is left of it expires; never where it is absent.</param>
/// <param name="Reason">Why, for the ledger.</param>
public sealed record GrantRequest(Amount Amount, string Kind, int? Priority, Instant? ExpiresAt, string? Reason)
{
    private static readonly IReadOnlyList<(string, GrantKind)> Kinds = [("paid", GrantKind.Paid), ("promotional", GrantKind.Promotional)];

    internal GrantKind GrantKind { get; private init; }

    internal static GrantRequest? Read(BodyObject body)
    {
        var amount = body.PositiveAmount("amount", required: true);
        var kind = body.Word("kind", Kinds, required: true);
        var priority = body.Whole("priority", 0, 1_000);
        var expires = body.Time("expires_at");
        var reason = body.Text("reason");
        return amount is null || kind is null
            ? null
            : new GrantRequest(amount.Value, KindWord(kind.Value), priority, expires, reason) { GrantKind = kind.Value };
    }

    internal static string KindWord(GrantKind kind) => kind == GrantKind.Paid ? "paid" : "promotional";

    internal GrantCredits ToCommand() => new(Amount, GrantKind, Priority ?? WalletDecisions.DefaultPriority, ExpiresAt, Reason ?? "");
}

/// <summary>The body of <c>POST /v1/wallets/{customer}/holds</c>.</summary>
/// <param name="Amount">How many credits; more than 0.</param>
/// <param name="TtlSeconds">After how many seconds the rest goes back; 1 to 2,592,000 (30 days).</param>
/// <param name="Id">The hold's id in this wallet; made up where it is absent.</param>
public sealed record HoldRequest(Amount Amount, int TtlSeconds, string? Id)
{
    private const int MaxTtlSeconds = 30 * 24 * 3_600;

    internal static HoldRequest? Read(BodyObject body)
    {
        var amount = body.PositiveAmount("amount", required: true);
        var seconds = body.Whole("ttl_seconds", 1, MaxTtlSeconds, required: true);
        var id = body.Id("id");
        return amount is null || seconds is null ? null : new HoldRequest(amount.Value, seconds.Value, id);
    }

    internal CreateHold ToCommand() => new(Id, Amount, TimeSpan.FromSeconds(TtlSeconds));
}

/// <summary>The body of <c>POST /v1/wallets/{customer}/holds/{id}/raise</c>.</summary>
/// <param name="By">How many credits more; more than 0.</param>
public sealed record RaiseRequest(Amount By)
{
    internal static RaiseRequest? Read(BodyObject body) => body.PositiveAmount("by", required: true) is { } by ? new RaiseRequest(by)
        : null;
}

/// <summary>
/// The body of <c>POST /v1/wallets/{customer}/holds/{id}/capture</c>: either an amount, or the usage event that it pays for.
/// </summary>
/// <param name="Amount">How many credits; more than 0.</param>
/// <param name="Event">A CloudEvent of this customer.</param>
/// <param name="Close">Whether the rest is released; false where it is absent.</param>
public sealed record CaptureRequest(Amount? Amount, JsonElement? Event, bool? Close)
{
    internal static CaptureRequest? Read(BodyObject body)
    {
        var amount = body.PositiveAmount("amount");
        var sent = body.Element("event");
        var close = body.Flag("close");
        if ((body.Element("amount") is null) == (sent is null))
            body.Fault("amount", "Either an amount or an event is required, not both.");
        if (sent is { ValueKind: not JsonValueKind.Object })
            body.Fault("event", "Must be a CloudEvent, an object.");
        return new CaptureRequest(amount, sent?.Clone(), close);
    }
}

/// <summary>The body of <c>PUT /v1/wallets/{customer}/auto_top_up</c>.</summary>
/// <param name="Threshold">The wallet is topped up when less than this is available, or a burn is refused for lack of credits; 0 or
/// more.</param>
/// <param name="Amount">By how many credits; more than 0.</param>
/// <param name="MaxPerDay">How often at most a day of the customer's time zone; 1 to 1,000.</param>
/// <param name="Trust">Whether the credits appear before the payment is confirmed; false where it is absent.</param>
public sealed record AutoTopUpRequest(Amount Threshold, Amount Amount, int MaxPerDay, bool? Trust)
{
    internal static AutoTopUpRequest? Read(BodyObject body)
    {
        var threshold = body.Amount("threshold", required: true);
        if (threshold is { IsNegative: true })
            body.Fault("threshold", "Must not be negative.");
        var amount = body.PositiveAmount("amount", required: true);
        var perDay = body.Whole("max_per_day", 1, 1_000, required: true);
        var trust = body.Flag("trust");
        return threshold is null || amount is null || perDay is null
            ? null
            : new AutoTopUpRequest(threshold.Value, amount.Value, perDay.Value, trust);
    }

    internal SetAutoTopUp ToCommand() => new(Threshold, Amount, MaxPerDay, Trust ?? false);
}

/// <summary>The body of <c>PUT /v1/wallets/{customer}/low_balance</c>.</summary>
/// <param name="Threshold">The wallet is low when less than this is available; more than 0.</param>
public sealed record LowBalanceRequest(Amount Threshold)
{
    internal static LowBalanceRequest? Read(BodyObject body) =>
        body.PositiveAmount("threshold", required: true) is { } threshold ? new LowBalanceRequest(threshold) : null;
}

/// <summary>A body without members, for requests that need none.</summary>
public sealed record EmptyRequest
{
    internal static readonly EmptyRequest Instance = new();
}
