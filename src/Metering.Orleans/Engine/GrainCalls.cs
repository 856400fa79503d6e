using Metering.Grid;
using Metering.Orleans.Grains;
using Metering.Orleans.Hosting;
using Metering.Orleans.Ownership;
using Microsoft.Extensions.Logging;

namespace Metering.Orleans.Engine;

/// <summary>
/// Calls of grains within their bounds: so many at once, so long each. A call that was refused because its partition is on its way is made
/// again; one whose outcome is unknown is not: the caller is told to send it again.
/// </summary>
internal sealed partial class GrainCalls(CallOptions options, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan GraceOfLoss = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(1);

    private CancellationTokenSource beforeLoss = new();
    private int inFlight;
    private int unsaid;
    private long saidAt;

    /// <summary>
    /// A silo is gone. Nobody tells which calls were with it or on their way through it, so those that are under way now and have no answer
    /// a second later are ended: their outcome is unknown. Without this each would wait for its whole time.
    /// </summary>
    public async Task EndLostAsync()
    {
        CancellationTokenSource lost = Interlocked.Exchange(ref beforeLoss, new CancellationTokenSource());
        await Task.Delay(GraceOfLoss, time);
        await lost.CancelAsync();
    }

    /// <summary>Makes a call.</summary>
    /// <param name="call">The call, which may be made several times.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OverloadedException">Too many are under way here, or too much is in flight there; nothing was taken.</exception>
    /// <exception cref="PartitionUnavailableException">Send it again.</exception>
    public ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellation) =>
        RunAsync(call, options.Timeout, cancellation);

    /// <summary>The same, for one that may take longer.</summary>
    public async ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> call, TimeSpan timeout, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref inFlight) > options.InFlightMax)
        {
            Interlocked.Decrement(ref inFlight);
            throw new OverloadedException("Too many calls are under way.");
        }

        try
        {
            return await TryAsync(call, timeout, cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref inFlight);
        }
    }

    private async ValueTask<T> TryAsync<T>(Func<CancellationToken, ValueTask<T>> call, TimeSpan timeout, CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        TimeSpan pause = PauseMin;
        while (true)
        {
            // The silo is told, too: what waits there for a partition or for customers ends its wait; what was decided stays.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, Volatile.Read(ref beforeLoss).Token);
            limit.CancelAfter(timeout);
            try
            {
                return await call(limit.Token).AsTask().WaitAsync(timeout, time, limit.Token);
            }
            catch (Exception exception) when (IsSurelyNotDone(exception) && time.GetElapsedTime(began) < options.Patience)
            {
                await Task.Delay(pause, time, cancellation);
                pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
            }
            catch (PartitionUnavailableException exception)
            {
                Say(exception);
                throw;
            }
            catch (Exception exception) when (IsUnknown(exception, cancellation))
            {
                Say(exception);
                throw new PartitionUnavailableException("The silo did not answer: " + exception.Message, exception);
            }
        }
    }

    /// <summary>The caller is told that it was unavailable, the operator why; not of each: a lost silo takes thousands along.</summary>
    private void Say(Exception exception)
    {
        int count = Interlocked.Increment(ref unsaid);
        long last = Volatile.Read(ref saidAt);
        if ((last != 0 && time.GetElapsedTime(last) < SayEvery)
            || Interlocked.CompareExchange(ref saidAt, time.GetTimestamp(), last) != last)
            return;
        Interlocked.Add(ref unsaid, -count);
        LogUnanswered(count, exception is PartitionElsewhereException ? "wrong address" : exception.GetType().Name, exception.Message);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} calls to silos failed and may be sent again; the newest: {Kind}, {Why}")]
    private partial void LogUnanswered(int count, string kind, string why);

    /// <summary>Whether a call was refused before anything of it was done.</summary>
    private static bool IsSurelyNotDone(Exception exception) => exception is PartitionElsewhereException
        || (exception is OrleansMessageRejectionException and not SiloUnavailableException);

    private static bool IsUnknown(Exception exception, CancellationToken cancellation) => exception switch
    {
        PartitionUnavailableException or OverloadedException or UnknownCustomerException => false,
        OperationCanceledException => !cancellation.IsCancellationRequested,
        TimeoutException or PartitionElsewhereException or OrleansException or System.Net.Sockets.SocketException
            or Microsoft.AspNetCore.Connections.ConnectionAbortedException or ObjectDisposedException
            or Core.Binary.CorruptDataException or Serialization.OtherCatalogException => true,
        _ => false,
    };
}
