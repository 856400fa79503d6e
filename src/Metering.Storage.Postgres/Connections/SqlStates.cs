namespace Metering.Storage.Postgres.Connections;

/// <summary>The SQLSTATE codes the product acts on (PostgreSQL manual, appendix A).</summary>
internal static class SqlStates
{
    public const string LockNotAvailable = "55P03";
    public const string DeadlockDetected = "40P01";
    public const string DuplicateDatabase = "42P04";
    public const string UniqueViolation = "23505";
}
