using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Wallets;

/// <summary>Credits put into a wallet. <c>Free + Held</c> is what is left of it; it leaves the wallet when both are zero.</summary>
internal sealed class Grant
{
    /// <summary>Counts the wallet's grants from 1; its id is <c>gr_</c> and this.</summary>
    public required long Number { get; init; }

    public required GrantKind Kind { get; init; }

    public required int Priority { get; init; }

    public required Amount Amount { get; init; }

    public required Instant? ExpiresAt { get; init; }

    public required Instant CreatedAt { get; init; }

    public required string Reason { get; init; }

    /// <summary>Neither burned, nor held, nor expired.</summary>
    public Amount Free { get; set; }

    /// <summary>Set aside by holds.</summary>
    public Amount Held { get; set; }

    /// <summary>Once past its expiry what holds give back expires too.</summary>
    public bool HasExpired { get; set; }

    /// <summary>Whether nothing is left of it.</summary>
    public bool IsEmpty => Free.IsZero && Held.IsZero;

    /// <summary>By priority, then soonest expiry, then oldest.</summary>
    public int CompareTo(Grant other)
    {
        int order = Priority.CompareTo(other.Priority);
        if (order == 0)
            order = (ExpiresAt ?? Instant.MaxValue).CompareTo(other.ExpiresAt ?? Instant.MaxValue);
        return order != 0 ? order : Number.CompareTo(other.Number);
    }

    public GrantView ToView() =>
        new(WalletIds.Grant(Number), Kind, Priority, Amount, Free, Held, ExpiresAt, CreatedAt, Reason);
}
