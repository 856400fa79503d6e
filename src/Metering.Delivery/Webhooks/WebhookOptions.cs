namespace Metering.Delivery.Webhooks;

/// <summary>How events are sent to endpoints.</summary>
public sealed class WebhookOptions
{
    /// <summary>How long an endpoint has from the first byte sent to the last byte of its answer. Default: 10 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>At most so much of an answer is read; the rest is cut off with the connection. Default: 16 KiB.</summary>
    public int AnswerMaxBytes { get; init; } = 16 * 1024;

    /// <summary>Whether http, and addresses that are not public, may be called. Default: no.</summary>
    public bool AllowPrivate { get; init; }

    /// <summary>The longest wait that an endpoint can ask for by <c>Retry-After</c>. Default: 6 hours.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromHours(6);

    /// <exception cref="ArgumentException">A value is out of range; all faults are named at once.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (Timeout < TimeSpan.FromMilliseconds(100) || Timeout > TimeSpan.FromMinutes(1))
            faults.Add($"{nameof(Timeout)} must be 100 ms to 1 minute.");
        if (AnswerMaxBytes is < 0 or > 1024 * 1024)
            faults.Add($"{nameof(AnswerMaxBytes)} must be 0 to 1 MiB.");
        if (LongestRetryAfter < TimeSpan.Zero || LongestRetryAfter > TimeSpan.FromDays(1))
            faults.Add($"{nameof(LongestRetryAfter)} must be 0 to 1 day.");
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(' ', faults));
    }
}
