namespace Metering.Delivery.Stripe;

/// <summary>Settings of the connection to Stripe.</summary>
public sealed class StripeOptions
{
    /// <summary>The version of Stripe's API whose shapes are spoken here.</summary>
    public const string DefaultVersion = "2026-07-29.dahlia";

    /// <summary>The secret or restricted key. There is no default.</summary>
    public required string SecretKey { get; init; }

    /// <summary>
    /// The signing secrets of the webhook endpoint; several while one is replaced by another. Default: none, and every webhook is refused.
    /// </summary>
    public IReadOnlyList<string> WebhookSecrets { get; init; } = [];

    /// <summary>Where the API is. Default: https://api.stripe.com.</summary>
    public Uri BaseAddress { get; init; } = new("https://api.stripe.com");

    /// <summary>The API version asked for with every request. Default: <see cref="DefaultVersion"/>.</summary>
    public string Version { get; init; } = DefaultVersion;

    /// <summary>How long one request may take. Default: 30 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a request is sent again within one call. Default: 4.</summary>
    public int RetriesMax { get; init; } = 4;

    /// <summary>The wait before the first retry; it doubles with each, and a random part of up to a half is taken off. Default: 500
    /// milliseconds.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait before a retry; where Stripe asks for a longer one, the call ends. Default: 20 seconds.</summary>
    public TimeSpan RetryDelayMax { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How far a webhook's time may lie from ours. Default: 5 minutes.</summary>
    public TimeSpan WebhookTolerance { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Names every fault at once.</summary>
    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (SecretKey.Length == 0 || SecretKey.Any(char.IsWhiteSpace))
            faults.Add($"{nameof(SecretKey)} must not be empty or have white space.");
        if (WebhookSecrets.Any(secret => secret.Length == 0))
            faults.Add($"{nameof(WebhookSecrets)} must not be empty.");
        if (!BaseAddress.IsAbsoluteUri || (BaseAddress.Scheme != Uri.UriSchemeHttps && !BaseAddress.IsLoopback))
            faults.Add($"{nameof(BaseAddress)} must be an https address: the key goes with every request.");
        if (Version.Length == 0)
            faults.Add($"{nameof(Version)} must not be empty.");
        if (RetriesMax is < 0 or > 10)
            faults.Add($"{nameof(RetriesMax)} must be 0 to 10, not {RetriesMax}.");
        Positive(RequestTimeout, nameof(RequestTimeout));
        Positive(RetryDelay, nameof(RetryDelay));
        Positive(RetryDelayMax, nameof(RetryDelayMax));
        Positive(WebhookTolerance, nameof(WebhookTolerance));
        if (faults.Count > 0)
            throw new InvalidOperationException(string.Join(" ", faults));

        void Positive(TimeSpan value, string name)
        {
            if (value <= TimeSpan.Zero)
                faults.Add($"{name} must be positive, not {value}.");
        }
    }
}
