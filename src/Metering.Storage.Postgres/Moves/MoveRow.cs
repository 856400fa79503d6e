namespace Metering.Storage.Postgres.Moves;

/// <summary>How far a move is, as the control database has it.</summary>
public enum MoveStep
{
    /// <summary>The source serves; copies are made.</summary>
    Copying = 0,

    /// <summary>The source is fenced; the target takes the rest, and the lease.</summary>
    Fenced = 1,

    /// <summary>The target serves and the map says so; the source is being cleared.</summary>
    Clearing = 2,
}

/// <summary>A move under way.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Source">The shard it leaves.</param>
/// <param name="Target">The shard it goes to.</param>
/// <param name="Step">How far it is.</param>
/// <param name="Generation">The newest mover of it.</param>
/// <param name="StartedAt">When it began, by the control database's clock.</param>
/// <param name="ChangedAt">When the step began.</param>
public sealed record MoveRow(
    int Partition, string Source, string Target, MoveStep Step, long Generation, DateTime StartedAt, DateTime ChangedAt);
