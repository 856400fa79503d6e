namespace Metering.Storage.Postgres.Connections;

/// <summary>The server would acknowledge writes that a crash can take back.</summary>
public sealed class UnsafeServerException(string message) : Exception(message);
