using Metering.Server.CommandLine;

namespace Metering.Server.Databases;

/// <summary>
/// The data folder: one process at a time owns it, by a lock that the system drops when the process ends, however it ends.
/// </summary>
internal static class DataFolder
{
    private const string LockName = "server.lock";
    private const string PostgresName = "postgres";

    /// <summary>Where the private PostgreSQL's files are.</summary>
    public static string Postgres(string folder) => Path.Combine(folder, PostgresName);

    /// <summary>Whether a server makes an entry of this name.</summary>
    public static bool Owns(string name) => name == LockName || name.StartsWith(PostgresName, StringComparison.Ordinal);

    /// <summary>Takes the folder, made where there is none; disposing gives it up.</summary>
    /// <exception cref="CommandFailedException">Another process has it.</exception>
    public static FileStream Hold(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, LockName);
        try
        {
            var held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            held.SetLength(0);
            held.Write(System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));
            held.Flush();
            return held;
        }
        catch (IOException taken) when (File.Exists(path))
        {
            throw new CommandFailedException(
                $"A server is running on {folder} ({taken.Message}). Stop it, choose another --data, or talk to it over HTTP "
                + "(replay: --server URL --key KEY).");
        }
    }
}
