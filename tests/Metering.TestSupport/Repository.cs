namespace Metering.TestSupport;

/// <summary>Where this checkout is: the folder that holds <c>OrleansMetering.sln</c>, at or above the running program.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OrleansMetering.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No OrleansMetering.sln at or above {AppContext.BaseDirectory}.");
    }
}
