namespace Metering.Storage.Postgres.Private;

/// <summary>
/// A private PostgreSQL could not be found, made, started or stopped. The message says what to do; where the server got as far as
/// writing a log, it ends with the last lines of that log.
/// </summary>
public sealed class PrivatePostgresException : Exception
{
    public PrivatePostgresException(string message)
        : base(message)
    {
    }

    public PrivatePostgresException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
