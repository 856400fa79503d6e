using Xunit;

namespace Metering.TestSupport;

/// <summary>A test that runs only where all is asked for (<see cref="WholeSuite"/>), and on Linux.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WholeSuiteFactAttribute : FactAttribute
{
    public WholeSuiteFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "Only on Linux.";
        else if (!WholeSuite.IsAsked)
            Skip = "Only with METERING_WHOLE_SUITE=1.";
    }
}
