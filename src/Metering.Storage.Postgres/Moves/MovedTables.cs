namespace Metering.Storage.Postgres.Moves;

/// <summary>Every table of a shard, by what a move does with it.</summary>
internal static class MovedTables
{
    /// <summary>The truth, copied by sequence.</summary>
    public const string Journal = "journal";

    /// <summary>Made on the target by the arrival.</summary>
    public const string Lease = "lease";

    /// <summary>Days of raw events are tables of their own, below this one.</summary>
    public const string Events = "usage_event";

    /// <summary>How far the tables for queries go.</summary>
    public const string Cursor = "projection_cursor";

    /// <summary>Goes with the message it belongs to.</summary>
    public const string Attempts = "outbox_attempt";

    /// <summary>Alerts that somebody was told of: no rebuild makes them again.</summary>
    public const string Notices = "alert_notice";

    /// <summary>Saved state and messages, compared and copied.</summary>
    public static readonly IReadOnlyList<string> Compared =
        ["partition_record", "checkpoint", "dedup_segment", "dedup_block", "outbox", Attempts, Notices];

    /// <summary>Tables for queries besides raw events and the cursor: one snapshot, then projected.</summary>
    public static readonly IReadOnlyList<string> Derived =
    [
        "usage_hourly", "usage_hour_change", "ledger_entry", "alert", "invoice", "credit_note", "partition_fact", "projection_project",
        "projection_threshold",
    ];

    /// <summary>What says something of the database itself.</summary>
    public static readonly IReadOnlyList<string> Stay = ["schema_migration", "shard_identity", "move_guard", "projection_retention"];

    /// <summary>All of them.</summary>
    public static IEnumerable<string> All => [Journal, Lease, Events, Cursor, .. Compared, .. Derived, .. Stay];
}
