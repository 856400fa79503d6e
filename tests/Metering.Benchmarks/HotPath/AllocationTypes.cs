using System.Diagnostics.Tracing;

namespace Metering.Benchmarks.HotPath;

/// <summary>Which types are allocated, by the runtime's own sampling: one sample about every 100 kB.</summary>
internal sealed class AllocationTypes : EventListener
{
    private const EventKeywords GcKeyword = (EventKeywords)1;
    private readonly Dictionary<string, long> bytes = [];

    /// <summary>Types by sampled bytes, most first.</summary>
    public IReadOnlyList<(string Type, long Bytes)> List()
    {
        lock (bytes)
            return [.. bytes.OrderByDescending(pair => pair.Value).Select(pair => (pair.Key, pair.Value))];
    }

    /// <summary>Forgets what was seen.</summary>
    public void Clear()
    {
        lock (bytes)
            bytes.Clear();
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
            EnableEvents(eventSource, EventLevel.Verbose, GcKeyword);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName is not ("GCAllocationTick_V4" or "GCAllocationTick_V3") || bytes is null)
            return;
        string type = (string)eventData.Payload![eventData.PayloadNames!.IndexOf("TypeName")]!;
        long amount = (long)(ulong)eventData.Payload[eventData.PayloadNames.IndexOf("AllocationAmount64")]!;
        lock (bytes)
            bytes[type] = bytes.GetValueOrDefault(type) + amount;
    }
}
