namespace Metering.Storage.Postgres.Schema;

/// <summary>The database's schema is not one this build was made for.</summary>
public sealed class SchemaMismatchException(string message) : Exception(message);
