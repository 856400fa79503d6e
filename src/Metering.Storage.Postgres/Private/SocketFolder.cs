namespace Metering.Storage.Postgres.Private;

/// <summary>
/// The folder of the server's Unix socket. The path of a socket holds at most 107 bytes, so it cannot be beside the data.
/// </summary>
internal static class SocketFolder
{
    private const string Prefix = "mpg-";
    private const int LongestRoot = 60;

    public static async Task<string> MakeAsync(ServerUser user, CancellationToken cancellationToken)
    {
        var root = Path.GetTempPath().Length > LongestRoot ? "/tmp" : Path.GetTempPath();
        var folder = Path.Combine(root, Prefix + Guid.NewGuid().ToString("N")[..12]);
        if (Path.Exists(folder))
        {
            throw new PrivatePostgresException($"{folder} exists already.");
        }

        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await user.GiveAsync(folder, cancellationToken);
        return folder;
    }

    /// <summary>Removes one that <see cref="MakeAsync"/> made; leaves any other folder alone.</summary>
    public static void Remove(string? folder)
    {
        if (Path.GetFileName(folder)?.StartsWith(Prefix, StringComparison.Ordinal) == true && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
