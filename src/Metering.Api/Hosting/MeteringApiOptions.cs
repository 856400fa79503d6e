namespace Metering.Api.Hosting;

/// <summary>Settings of the HTTP API.</summary>
public sealed class MeteringApiOptions
{
    /// <summary>The largest body, in bytes; larger is 413. Default: 8 MB (8,388,608).</summary>
    public int BodyMaxBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>The most bytes of bodies held at once, those of at most 64 KB not counted; past it 503 <c>overloaded</c>. Default: 256 MB
    /// (268,435,456).</summary>
    public long BodiesMaxBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>The most connections at once; a further one is closed. Default: 10,000.</summary>
    public int ConnectionsMax { get; set; } = 10_000;

    /// <summary>How long a body may take to arrive; longer is 408. Default: 30.</summary>
    public int BodyTimeoutSeconds { get; set; } = 30;

    /// <summary>The slowest a body may arrive, in bytes a second, after a grace of 5 seconds; slower is 408. Default: 240.</summary>
    public int BodyMinBytesPerSecond { get; set; } = 240;

    /// <summary>Most events of a request to <c>/v1/events</c>; more is 413. Default: 10,000.</summary>
    public int EventsMax { get; set; } = 10_000;

    /// <summary>Most requests without a key from one address in any minute. Default: 1,000.</summary>
    public int AddressRequestsPerMinute { get; set; } = 1_000;

    /// <summary>How many addresses are counted apart; further ones share one count. Default: 100,000.</summary>
    public int AddressesMax { get; set; } = 100_000;

    /// <summary>Paths without that limit, such as those of a load balancer's probes. Default: none.</summary>
    public IReadOnlyList<string> UnlimitedPaths { get; set; } = [];

    /// <summary>Requests a minute of a key whose plan sets no rate limit. Default: 60,000.</summary>
    public int KeyRequestsPerMinute { get; set; } = 60_000;

    /// <summary>The secret of <c>/api/cron</c>; null where there is none. Default: null.</summary>
    public string? CronSecret { get; set; }

    /// <summary>Names every fault at once.</summary>
    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        Positive(BodyMaxBytes, nameof(BodyMaxBytes));
        Positive(BodyTimeoutSeconds, nameof(BodyTimeoutSeconds));
        Positive(BodyMinBytesPerSecond, nameof(BodyMinBytesPerSecond));
        Positive(EventsMax, nameof(EventsMax));
        Positive(AddressRequestsPerMinute, nameof(AddressRequestsPerMinute));
        Positive(AddressesMax, nameof(AddressesMax));
        Positive(KeyRequestsPerMinute, nameof(KeyRequestsPerMinute));
        Positive(ConnectionsMax, nameof(ConnectionsMax));
        if (BodiesMaxBytes < BodyMaxBytes)
            faults.Add($"{nameof(BodiesMaxBytes)} must be at least {nameof(BodyMaxBytes)}, not {BodiesMaxBytes}.");
        if (CronSecret is { Length: 0 })
            faults.Add($"{nameof(CronSecret)} must not be empty.");
        foreach (string path in UnlimitedPaths.Where(path => !path.StartsWith('/')))
            faults.Add($"{nameof(UnlimitedPaths)}: '{path}' must begin with a slash.");
        if (faults.Count > 0)
            throw new InvalidOperationException(string.Join(" ", faults));

        void Positive(int value, string name)
        {
            if (value <= 0)
                faults.Add($"{name} must be positive, not {value}.");
        }
    }
}
