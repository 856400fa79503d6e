using Xunit;

namespace Metering.TestSupport;

/// <summary>A test that is run only where all is asked for: see <see cref="WholeSuite"/>. It needs Linux, as clusters of processes do.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WholeSuiteFactAttribute : FactAttribute
{
    public WholeSuiteFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "needs Linux";
        else if (!WholeSuite.IsAsked)
            Skip = "told where METERING_WHOLE_SUITE=1 asks for all";
    }
}
