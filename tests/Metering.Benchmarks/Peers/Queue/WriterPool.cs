using System.Threading.Channels;

namespace Metering.Benchmarks.Peers.Queue;

/// <summary>
/// Requests wait in one queue; each writer takes what is there as soon as its last write returned, up to a number of events. So a write
/// grows with the load and an idle store answers at once: no timer decides.
/// </summary>
internal sealed class WriterPool : IAsyncDisposable
{
    private readonly Channel<Slice> _queue;
    private readonly IReadOnlyList<IEventWriter> _writers;
    private readonly Task[] _loops;
    private readonly int _eventsMax;

    /// <param name="writers">One a connection; disposed with the pool.</param>
    /// <param name="eventsMax">How many events a write takes at most; a larger request is cut.</param>
    public WriterPool(IReadOnlyList<IEventWriter> writers, int eventsMax)
    {
        // Bounded by the callers: each waits for its answer.
        _queue = Channel.CreateUnbounded<Slice>(new UnboundedChannelOptions { SingleReader = writers.Count == 1 });
        _writers = writers;
        _eventsMax = eventsMax;
        _loops = [.. writers.Select(writer => Task.Run(() => WriteAllAsync(writer)))];
    }

    public Task<PeerAnswer> ApplyAsync(ReadOnlyMemory<PeerEvent> events)
    {
        var request = new PendingRequest(events);
        if (events.IsEmpty)
            return Task.FromResult(default(PeerAnswer));
        for (int first = 0; first < events.Length; first += _eventsMax)
            _queue.Writer.TryWrite(new Slice(request, first, Math.Min(_eventsMax, events.Length - first)));
        return request.Answer;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAll(_loops);
        foreach (IEventWriter writer in _writers)
            await writer.DisposeAsync();
    }

    private async Task WriteAllAsync(IEventWriter writer)
    {
        var slices = new List<Slice>();
        var events = new List<PeerEvent>(_eventsMax);
        while (await _queue.Reader.WaitToReadAsync())
        {
            TakeWhatFits(slices, events);
            if (slices.Count > 0)
                await WriteAsync(writer, slices, events);
            slices.Clear();
            events.Clear();
        }
    }

    private void TakeWhatFits(List<Slice> slices, List<PeerEvent> events)
    {
        // One writer at a time: another could take what this one has just looked at.
        lock (_queue)
        {
            while (_queue.Reader.TryPeek(out Slice next) && events.Count + next.Count <= _eventsMax && _queue.Reader.TryRead(out next))
            {
                slices.Add(next);
                events.AddRange(next.Request.Events.Span.Slice(next.First, next.Count));
            }
        }
    }

    private static async Task WriteAsync(IEventWriter writer, List<Slice> slices, List<PeerEvent> events)
    {
        bool[] refused = new bool[events.Count];
        try
        {
            await writer.WriteAsync(events, refused);
        }
        catch (Exception failure)
        {
            slices.ForEach(slice => slice.Request.Done(slice.Count, 0, failure));
            return;
        }

        int first = 0;
        foreach (Slice slice in slices)
        {
            slice.Request.Done(slice.Count, refused.AsSpan(first, slice.Count).Count(true));
            first += slice.Count;
        }
    }

    private readonly record struct Slice(PendingRequest Request, int First, int Count);
}
