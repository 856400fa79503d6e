using Xunit;

namespace Metering.TestSupport;

/// <summary>A test of what only Linux has; elsewhere it is reported as skipped.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "Only on Linux.";
        }
    }
}
