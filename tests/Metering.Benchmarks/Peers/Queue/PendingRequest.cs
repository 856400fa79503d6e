namespace Metering.Benchmarks.Peers.Queue;

/// <summary>A request whose events may be written by several writers, one after the other or at once.</summary>
internal sealed class PendingRequest(ReadOnlyMemory<PeerEvent> events)
{
    private readonly TaskCompletionSource<PeerAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = events.Length;
    private int _refused;
    private Exception? _failure;

    public ReadOnlyMemory<PeerEvent> Events => events;

    public Task<PeerAnswer> Answer => _answer.Task;

    /// <summary>Some of the events are durable or refused; the last call answers, as the caller may use its array again then.</summary>
    public void Done(int count, int refused, Exception? failure = null)
    {
        Interlocked.Add(ref _refused, refused);
        if (failure is not null)
            Volatile.Write(ref _failure, failure);
        if (Interlocked.Add(ref _left, -count) != 0)
            return;
        if (Volatile.Read(ref _failure) is { } failed)
            _answer.TrySetException(failed);
        else
            _answer.TrySetResult(new PeerAnswer(events.Length - _refused, _refused));
    }
}
