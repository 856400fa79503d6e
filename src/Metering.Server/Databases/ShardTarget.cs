namespace Metering.Server.Databases;

/// <summary>A shard's name in the shard map, and how to reach it.</summary>
internal sealed record ShardTarget(string Name, string ConnectionString);
