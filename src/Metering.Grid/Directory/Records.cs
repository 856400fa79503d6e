using Metering.Core.Invoicing;
using Metering.Core.Time;

namespace Metering.Grid.Directory;

/// <summary>Whether a customer is served.</summary>
public enum CustomerStatus
{
    /// <summary>Served.</summary>
    Active = 0,

    /// <summary>Every event is refused as <c>customer_suspended</c>.</summary>
    Suspended = 1,

    /// <summary>Payment is overdue; still served.</summary>
    PastDue = 2,
}

/// <summary>
/// A customer as the directory knows it. <paramref name="Plan"/>, <paramref name="PlanVersion"/> and <paramref name="Status"/> are what
/// the customer was created with; once the customer's partition has opened it, the partition's journal is the truth and these follow it.
/// </summary>
public sealed record CustomerRecord(
    string Id, string Name, string Email, string Plan, int PlanVersion, string Currency, string TimeZone, string? Tier,
    CustomerStatus Status, Instant CreatedAt, long Version)
{
    /// <summary>
    /// The day of the month, 1 to 31, on which billing periods of all its projects begin in its time zone; in a shorter month on the last
    /// day. Fixed when the customer is made, because periods tile time.
    /// </summary>
    public int BillingAnchorDay { get; init; } = 1;

    /// <summary>As invoices name the customer. An invoice keeps what it was issued with.</summary>
    public BillingProfile Billing { get; init; } = BillingProfile.Empty;

    /// <summary>Who an invoice is made out to: <see cref="Billing"/>, under the customer's name where that has no legal one.</summary>
    public BillingProfile Buyer => Billing.LegalName.Length > 0 ? Billing : Billing with { LegalName = Name };
}

/// <summary>A project as the directory knows it. The default project of a customer has the customer's id.</summary>
public sealed record ProjectRecord(
    string Id, string CustomerId, string Name, string Plan, int PlanVersion, Instant CreatedAt, long Version);

/// <summary>What a key may do.</summary>
[Flags]
public enum KeyScopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Send events.</summary>
    Ingest = 1,

    /// <summary>Read usage.</summary>
    Read = 2,

    /// <summary>Read and use the wallet.</summary>
    Wallet = 4,

    /// <summary>Read and make invoices.</summary>
    Billing = 8,
}

/// <summary>An API key; the secret itself is never stored.</summary>
/// <param name="Id">Names the key in paths.</param>
/// <param name="Sha256">SHA-256 of the secret's UTF-8 bytes, 32 bytes.</param>
/// <param name="Prefix">The first characters, to recognise it by.</param>
/// <param name="CustomerId">Whose key; null for the operator's, which acts for all customers.</param>
/// <param name="Name">A label.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="RevokedAt">When it was revoked, or null.</param>
/// <param name="Version">The directory version of its last change.</param>
public sealed record KeyRecord(
    string Id, byte[] Sha256, string Prefix, string? CustomerId, string Name, KeyScopes Scopes, Instant CreatedAt, Instant? RevokedAt,
    long Version);

/// <summary>Where a partition lives.</summary>
public sealed record ShardAssignment(int Partition, string Shard);

/// <summary>What cannot change once a cluster is created.</summary>
/// <param name="Partitions">How many partitions; 64 by default.</param>
/// <param name="IdentityKey">16 random bytes: the key of the hash that identifies events.</param>
public sealed record ClusterRecord(int Partitions, byte[] IdentityKey);
