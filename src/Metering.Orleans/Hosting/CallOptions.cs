namespace Metering.Orleans.Hosting;

/// <summary>Bounds of calls from a front end to silos.</summary>
public sealed class CallOptions
{
    /// <summary>How long a call may take; past it the outcome is unknown and the answer is <c>unavailable</c>. Default: 10 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a call that was refused because its partition is on its way to another silo is sent again. Default: 5 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Calls of this process under way; past it requests are refused as overloaded. Default: 8,192.</summary>
    public int InFlightMax { get; init; } = 8192;

    /// <summary>How long an invoice may take to be computed again. Default: 2 minutes.</summary>
    public TimeSpan VerifyTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Looks at every setting.</summary>
    /// <exception cref="ArgumentException">Something is out of range; the message names all of it.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (Timeout <= TimeSpan.Zero)
            faults.Add($"{nameof(Timeout)} must be positive");
        if (Patience < TimeSpan.Zero)
            faults.Add($"{nameof(Patience)} must not be negative");
        if (InFlightMax <= 0)
            faults.Add($"{nameof(InFlightMax)} must be positive");
        if (VerifyTimeout < Timeout)
            faults.Add($"{nameof(VerifyTimeout)} must be at least {nameof(Timeout)}");
        if (faults.Count > 0)
            throw new ArgumentException("Settings of calls: " + string.Join("; ", faults) + ".");
    }
}
