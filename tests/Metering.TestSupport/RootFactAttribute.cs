using Xunit;

namespace Metering.TestSupport;

/// <summary>A test of what only root meets; for everyone else it is reported as skipped.</summary>
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Skip = "Only as root on Linux.";
        }
    }
}
