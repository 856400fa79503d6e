using Metering.Core.Money;
using Metering.Core.Time;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Connections;

/// <summary>Typed positional parameters: no boxing, no guessing of types.</summary>
internal static class Parameters
{
    public static NpgsqlParameterCollection Int(this NpgsqlParameterCollection parameters, int value) =>
        parameters.Typed(value, NpgsqlDbType.Integer);

    public static NpgsqlParameterCollection Long(this NpgsqlParameterCollection parameters, long value) =>
        parameters.Typed(value, NpgsqlDbType.Bigint);

    public static NpgsqlParameterCollection Bool(this NpgsqlParameterCollection parameters, bool value) =>
        parameters.Typed(value, NpgsqlDbType.Boolean);

    public static NpgsqlParameterCollection Time(this NpgsqlParameterCollection parameters, Instant value) =>
        parameters.Typed(value.ToPostgres(), NpgsqlDbType.TimestampTz);

    public static NpgsqlParameterCollection Text(this NpgsqlParameterCollection parameters, string? value) =>
        parameters.Nullable(value, NpgsqlDbType.Text);

    public static NpgsqlParameterCollection Bytes(this NpgsqlParameterCollection parameters, byte[]? value) =>
        parameters.Nullable(value, NpgsqlDbType.Bytea);

    public static NpgsqlParameterCollection LongOrNull(this NpgsqlParameterCollection parameters, long? value) =>
        parameters.Nullable(value, NpgsqlDbType.Bigint);

    public static NpgsqlParameterCollection IntOrNull(this NpgsqlParameterCollection parameters, int? value) =>
        parameters.Nullable(value, NpgsqlDbType.Integer);

    public static NpgsqlParameterCollection TimeOrNull(this NpgsqlParameterCollection parameters, Instant? value) =>
        parameters.Nullable(value?.ToPostgres(), NpgsqlDbType.TimestampTz);

    public static NpgsqlParameterCollection Number(this NpgsqlParameterCollection parameters, Amount value) =>
        parameters.Typed(value.ToDecimal(), NpgsqlDbType.Numeric);

    public static NpgsqlParameterCollection NumberOrNull(this NpgsqlParameterCollection parameters, Amount? value) =>
        parameters.Nullable(value?.ToDecimal(), NpgsqlDbType.Numeric);

    public static NpgsqlParameterCollection DayOrNull(this NpgsqlParameterCollection parameters, DateOnly? value) =>
        parameters.Nullable(value, NpgsqlDbType.Date);

    /// <summary>An array of the named element type.</summary>
    public static NpgsqlParameterCollection Array<T>(this NpgsqlParameterCollection parameters, T[] values, NpgsqlDbType element) =>
        parameters.Typed(values, NpgsqlDbType.Array | element);

    /// <summary>An array of the named element type, or null.</summary>
    public static NpgsqlParameterCollection ArrayOrNull<T>(
        this NpgsqlParameterCollection parameters, T[]? values, NpgsqlDbType element) =>
        parameters.Nullable(values, NpgsqlDbType.Array | element);

    /// <summary>An array of the named element type, from a list that is kept.</summary>
    public static NpgsqlParameterCollection Column<T>(this NpgsqlParameterCollection parameters, List<T> values, NpgsqlDbType element) =>
        parameters.Typed(values, NpgsqlDbType.Array | element);

    public static NpgsqlParameterCollection Typed<T>(this NpgsqlParameterCollection parameters, T value, NpgsqlDbType type)
    {
        parameters.Add(new NpgsqlParameter<T> { TypedValue = value, NpgsqlDbType = type });
        return parameters;
    }

    private static NpgsqlParameterCollection Nullable(this NpgsqlParameterCollection parameters, object? value, NpgsqlDbType type)
    {
        parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
        return parameters;
    }
}
