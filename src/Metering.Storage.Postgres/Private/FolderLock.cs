namespace Metering.Storage.Postgres.Private;

/// <summary>The right of one process to a data folder. The system lets go of it when the process ends, however it ends.</summary>
internal static class FolderLock
{
    public static string PathFor(string dataFolder) => Path.TrimEndingDirectorySeparator(dataFolder) + ".lock";

    /// <exception cref="PrivatePostgresException">Another process has it.</exception>
    public static FileStream Take(string dataFolder)
    {
        try
        {
            return new FileStream(PathFor(dataFolder), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new PrivatePostgresException(
                $"Another process owns the PostgreSQL in {dataFolder}. Stop it, or choose another data folder.", taken);
        }
    }
}
