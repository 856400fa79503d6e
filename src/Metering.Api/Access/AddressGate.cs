using Metering.Api.Hosting;
using Metering.Api.Problems;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Access;

/// <summary>Counts requests without a valid key by their address.</summary>
internal sealed class AddressGate(AddressLimiter addresses, MeteringApiOptions options)
{
    /// <summary>Counts a request.</summary>
    /// <returns>The problem when its address sends too many, or null.</returns>
    public Problem? Refusal(HttpContext context)
    {
        PathString path = context.Request.Path;
        foreach (string unlimited in options.UnlimitedPaths)
        {
            if (path.Equals(unlimited, StringComparison.OrdinalIgnoreCase))
                return null;
        }

        return addresses.TryCount(context.Connection.RemoteIpAddress, out int seconds)
            ? null
            : TooMany(seconds);
    }

    /// <summary>The problem of an address that sends too many.</summary>
    public Problem TooMany(int seconds) =>
        Problem.TooManyRequests(options.AddressRequestsPerMinute, seconds, "from this address without a key");
}
