namespace Metering.Grid.Partitions;

/// <summary>
/// Waits with an end. The waiter goes on where it began, never by way of a thread of its own as after the framework's <c>WaitAsync</c> and
/// <c>WhenAny</c>: so a simulation on one thread sees every step.
/// </summary>
internal static class Waits
{
    // The longest that a timer takes.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    /// <summary>Waits until a task ends, without a limit of time.</summary>
    /// <exception cref="OperationCanceledException">Cancelled first; the task goes on.</exception>
    public static Task UntilAsync(this Task task, CancellationToken cancellation) =>
        task.IsCompleted || !cancellation.CanBeCanceled ? task : WithinAsync(task, Longest, null, cancellation);

    /// <inheritdoc cref="UntilAsync(Task, CancellationToken)"/>
    public static async Task<T> UntilAsync<T>(this Task<T> task, CancellationToken cancellation)
    {
        await UntilAsync((Task)task, cancellation);
        return await task;
    }

    /// <summary>Waits until a task ends.</summary>
    /// <exception cref="TimeoutException">The time was over first; the task goes on.</exception>
    /// <exception cref="OperationCanceledException">Cancelled first; the task goes on.</exception>
    public static async Task<T> WithinAsync<T>(this Task<T> task, TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        await WithinAsync((Task)task, limit, time, cancellation);
        return await task;
    }

    private static async Task WithinAsync(Task task, TimeSpan limit, TimeProvider? time, CancellationToken cancellation)
    {
        if (!task.IsCompleted)
        {
            if (limit <= TimeSpan.Zero)
                throw new TimeoutException();
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using ITimer? timer = limit >= Longest ? null : time?.CreateTimer(End, ended, limit, Timeout.InfiniteTimeSpan);
            using CancellationTokenRegistration registration = cancellation.UnsafeRegister(End, ended);
            _ = EndWithAsync(task, ended);
            await ended.Task;
            if (!task.IsCompleted)
            {
                cancellation.ThrowIfCancellationRequested();
                throw new TimeoutException();
            }
        }

        await task;
    }

    private static void End(object? ended) => ((TaskCompletionSource)ended!).TrySetResult();

    private static async Task EndWithAsync(Task task, TaskCompletionSource ended)
    {
        try
        {
            await task;
        }
        catch (Exception)
        {
            // The waiter sees it, if it still waits.
        }

        ended.TrySetResult();
    }
}
