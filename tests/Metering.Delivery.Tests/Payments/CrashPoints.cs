namespace Metering.Delivery.Tests.Payments;

/// <summary>The process dies here.</summary>
internal sealed class CrashException : Exception;

/// <summary>Counts the moments at which a process could die, and dies at one of them.</summary>
internal sealed class CrashPoints
{
    private int passed;

    /// <summary>Which one kills; none at 0.</summary>
    public int DieAt { get; set; }

    /// <summary>How many have been passed since the last reset.</summary>
    public int Passed => passed;

    public void Reset(int dieAt) => (passed, DieAt) = (0, dieAt);

    public void Pass()
    {
        if (Interlocked.Increment(ref passed) == DieAt)
            throw new CrashException();
    }
}

/// <summary>Sends requests, with a moment to die before each and another after its answer.</summary>
internal sealed class CrashingHandler(CrashPoints points, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        points.Pass();
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        points.Pass();
        return response;
    }
}
