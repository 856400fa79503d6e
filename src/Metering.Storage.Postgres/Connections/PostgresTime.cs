using Metering.Core.Time;

namespace Metering.Storage.Postgres.Connections;

/// <summary>
/// <c>timestamptz</c> as it is on the wire: whole microseconds since 2000-01-01T00:00:00Z
/// (PostgreSQL, src/include/datatype/timestamp.h, POSTGRES_EPOCH_JDATE). Passing it on as a number keeps every value exact and costs
/// nothing.
/// </summary>
internal static class PostgresTime
{
    private const long EpochDifference = 946_684_800L * Instant.MicrosecondsPerSecond;

    public static long ToPostgres(this Instant instant) => instant.UnixMicroseconds - EpochDifference;

    public static Instant FromPostgres(long microseconds) => Instant.FromUnixMicroseconds(checked(microseconds + EpochDifference));
}
