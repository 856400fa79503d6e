using System.Diagnostics.CodeAnalysis;

namespace Metering.Core.Time;

/// <summary>Time zones by their IANA name.</summary>
public static class TimeZones
{
    /// <summary>
    /// Finds the zone of an IANA name such as <c>Asia/Kolkata</c>; <c>UTC</c> is always there. Names of other systems are refused, so that
    /// what is stored means the same everywhere.
    /// </summary>
    public static bool TryFind(string? ianaId, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        if (string.IsNullOrEmpty(ianaId) || ianaId.Length > 64)
            return false;
        if (ianaId is "UTC" or "Etc/UTC")
        {
            zone = TimeZoneInfo.Utc;
            return true;
        }

        foreach (var symbol in ianaId)
        {
            if (!char.IsAsciiLetterOrDigit(symbol) && symbol is not ('/' or '_' or '-' or '+'))
                return false;
        }

        return TimeZoneInfo.TryFindSystemTimeZoneById(ianaId, out zone) && zone.HasIanaId;
    }
}
