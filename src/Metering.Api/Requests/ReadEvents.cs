using Metering.Api.Catalog;
using Metering.Api.Events;
using Metering.Api.Problems;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Api.Requests;

/// <summary>CloudEvents that came inside of another request: a resolved batch, to be disposed by the caller, or the refusal.</summary>
internal readonly record struct ReadEvents(EventBatch? Batch, Problem? Refusal)
{
    private const int EventsMax = 1_000;

    /// <summary>Reads and resolves one event or an array of them.</summary>
    /// <param name="engine">The engine whose catalogue and directory count.</param>
    /// <param name="utf8">The JSON.</param>
    /// <param name="prefix">Put before the names of fields in faults: <c>event.</c> where the event is the member <c>event</c>.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async ValueTask<ReadEvents> ReadAsync(
        IMeteringEngine engine, ReadOnlyMemory<byte> utf8, string prefix, CancellationToken cancellation)
    {
        EventBatch batch = EventBatch.Rent(utf8.Length, 1);
        bool isRead = false;
        try
        {
            TextSlice body = batch.Append(utf8.Span);
            CatalogSnapshot catalog = engine.Directory.Catalog;
            ReadOutcome outcome = EventReader.ReadCloudEvents(batch, body, catalog, EventsMax);
            if (outcome.HasUnknownType && await engine.Directory.HasNewerCatalogAsync(catalog, cancellation))
            {
                batch.Restart(body.Length);
                outcome = EventReader.ReadCloudEvents(batch, body, engine.Directory.Catalog, EventsMax);
            }

            if (outcome.Faults is { } faults)
                return new ReadEvents(null, Refuse(faults, prefix));
            if (outcome.TooMany)
                return new ReadEvents(null, Problem.From(ProblemCodes.PayloadTooLarge, $"At most {EventsMax} events."));
            await engine.Directory.ResolveAsync(batch, cancellation);
            isRead = true;
            return new ReadEvents(batch, null);
        }
        finally
        {
            if (!isRead)
                batch.Dispose();
        }
    }

    private static Problem Refuse(EventFaults faults, string prefix) => Problem.From(
        ProblemCodes.InvalidEvent, "Nothing was taken; every fault is named in errors.",
        [.. faults.Listed.Select(fault => new FieldError(null, (prefix + fault.Field).TrimEnd('.'), fault.Message))]);
}
