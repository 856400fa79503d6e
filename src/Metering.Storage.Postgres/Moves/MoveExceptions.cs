namespace Metering.Storage.Postgres.Moves;

/// <summary>A move, or a shard, that cannot be; the message says why, to an operator. Nothing was changed by what threw it.</summary>
public sealed class MoveRefusedException(string message) : Exception(message);

/// <summary>A newer mover, or an abort, has taken this one's place.</summary>
public sealed class MoverReplacedException(int partition)
    : Exception($"Another process has taken over the move of partition {partition}; this one has done nothing since.");
