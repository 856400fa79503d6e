namespace Metering.Benchmarks.Peers.Queue;

/// <summary>One connection to a store. It is asked for one write at a time.</summary>
internal interface IEventWriter : IAsyncDisposable
{
    /// <summary>Makes events durable, each once, and debits them.</summary>
    /// <param name="events">The events of one or more requests, in the order they came.</param>
    /// <param name="refused">As long as <paramref name="events"/> and all false; set where the balance does not cover the event.</param>
    Task WriteAsync(IReadOnlyList<PeerEvent> events, bool[] refused);
}
