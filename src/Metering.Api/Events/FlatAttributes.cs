namespace Metering.Api.Events;

/// <summary>The members of a flat event that are not data.</summary>
[Flags]
internal enum FlatAttributes
{
    None = 0,
    EventId = 1,
    IdempotencyKey = 2,
    Customer = 4,
    Type = 8,
    Time = 16,
}

/// <summary>Names of the members of the two flat shapes.</summary>
internal static class FlatAttribute
{
    /// <summary>The attribute of a name; <see cref="FlatAttributes.None"/> for data.</summary>
    public static FlatAttributes Of(ReadOnlySpan<byte> name, Dialect dialect)
    {
        if (name.SequenceEqual("idempotency_key"u8))
            return FlatAttributes.IdempotencyKey;
        if (name.SequenceEqual("timestamp"u8))
            return FlatAttributes.Time;
        if (name.SequenceEqual(CustomerName(dialect)))
            return FlatAttributes.Customer;
        if (name.SequenceEqual(TypeName(dialect)))
            return FlatAttributes.Type;
        return dialect == Dialect.Ingest && name.SequenceEqual("event_id"u8) ? FlatAttributes.EventId : FlatAttributes.None;
    }

    /// <summary>Which member names the customer.</summary>
    public static ReadOnlySpan<byte> CustomerName(Dialect dialect) => dialect == Dialect.Ingest ? "customer_id"u8 : "organization_id"u8;

    /// <summary>Which member names the type.</summary>
    public static ReadOnlySpan<byte> TypeName(Dialect dialect) => dialect == Dialect.Ingest ? "event_type"u8 : "metric_name"u8;
}
