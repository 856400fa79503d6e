namespace Metering.Server.Settings;

/// <summary>The settings are wrong. The message names every fault, one a line.</summary>
public sealed class SettingsException(IReadOnlyList<string> faults)
    : Exception("The settings are wrong:" + string.Concat(faults.Select(fault => $"\n  - {fault}")))
{
    public IReadOnlyList<string> Faults { get; } = faults;
}
