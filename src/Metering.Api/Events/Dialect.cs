namespace Metering.Api.Events;

/// <summary>The request shapes; each becomes the same event.</summary>
internal enum Dialect
{
    /// <summary>CloudEvents 1.0.</summary>
    CloudEvents = 0,

    /// <summary><c>/v1/events/ingest</c>.</summary>
    Ingest = 1,

    /// <summary><c>/api/v1/usage/events</c>.</summary>
    Metric = 2,
}
