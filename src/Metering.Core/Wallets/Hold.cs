using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Wallets;

/// <summary>A part of an amount that comes from, or goes back to, one grant.</summary>
public readonly record struct GrantDraw(long Grant, Amount Amount);

/// <summary>Credits set aside. While pending, <c>Amount - Captured</c> equals the sum of its draws.</summary>
internal sealed class Hold
{
    public required string Id { get; init; }

    public required Instant CreatedAt { get; init; }

    public required Instant ExpiresAt { get; init; }

    public Amount Amount { get; set; }

    public Amount Captured { get; set; }

    public HoldState State { get; set; }

    public Instant? ClosedAt { get; set; }

    /// <summary>Which grants the rest comes from, in the order in which captures take it.</summary>
    public List<GrantDraw> Draws { get; } = [];

    public Amount Remaining => State == HoldState.Pending ? Amount - Captured : Amount.Zero;

    public HoldView ToView() => new(Id, Amount, Captured, Remaining, State, CreatedAt, ExpiresAt, ClosedAt);
}

/// <summary>A top-up that was asked for.</summary>
internal sealed class TopUp
{
    public required long Number { get; init; }

    public required Amount Amount { get; init; }

    public required Instant CreatedAt { get; init; }

    public TopUpState State { get; set; }

    public Instant? ClosedAt { get; set; }

    public TopUpView ToView() => new(WalletIds.TopUp(Number), Amount, State, CreatedAt);
}

/// <summary>An answer that is replayed to whoever sends the same command again.</summary>
internal sealed record RememberedAnswer(ulong BodyDigest, WalletResult Result);
