namespace Metering.TestSupport;

/// <summary>
/// A folder of one test, which every account may enter (a PostgreSQL of a root user runs as another one). Disposing deletes it.
/// <c>./test</c> sets <c>METERING_TEST_FOLDER</c>, the folder they are made in, and removes what a crashed test host left there.
/// </summary>
public sealed class TestFolder : IDisposable
{
    public TestFolder(string prefix)
    {
        var root = Environment.GetEnvironmentVariable("METERING_TEST_FOLDER") is { Length: > 0 } given
            ? given
            : System.IO.Path.GetTempPath();
        Path = System.IO.Path.Combine(root, $"metering-{prefix}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(
            Path,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    public string Path { get; }

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
