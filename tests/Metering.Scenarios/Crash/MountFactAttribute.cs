using Metering.TestSupport;

namespace Metering.Scenarios.Crash;

/// <summary>A test that mounts a small disk of its own, in memory: only root may, and in many containers not even root.</summary>
public sealed class MountFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> obstacle = new(Try);

    public MountFactAttribute() => Skip = obstacle.Value;

    private static string? Try()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return "Only as root on Linux: a small disk has to be mounted.";
        using var folder = new TestFolder("mount");
        if (!SmallDisk.Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.Path))
            return "This root may not mount: a small disk cannot be made.";
        return SmallDisk.Run("umount", folder.Path) ? null : "What was mounted cannot be unmounted.";
    }
}
