using System.Data.Common;

namespace Metering.Api.Problems;

/// <summary>Tells a database that is away from a query that is wrong.</summary>
internal static class DatabaseAway
{
    private const string ConnectionException = "08";
    private const string TransactionRollback = "40";
    private const string InsufficientResources = "53";
    private const string NotInPrerequisiteState = "55";
    private const string OperatorIntervention = "57";
    private const string SystemError = "58";

    /// <summary>
    /// Whether the same request may succeed later: the connection broke, or the SQLSTATE is of a class that speaks of the server and not
    /// of the statement (PostgreSQL manual, appendix A).
    /// </summary>
    public static bool Is(DbException exception) => exception.IsTransient || exception.SqlState switch
    {
        null => true,
        { Length: >= 2 } state => state[..2] is ConnectionException or TransactionRollback or InsufficientResources
            or NotInPrerequisiteState or OperatorIntervention or SystemError,
        _ => false,
    };
}
