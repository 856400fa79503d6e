namespace Metering.Benchmarks.Peers.Redis;

/// <summary>The files of <c>Peers/Redis</c> that are built into the program.</summary>
internal static class RedisFile
{
    public static string Read(string name)
    {
        using Stream stream = typeof(RedisFile).Assembly.GetManifestResourceStream($"Peers.Sql.{name}")
            ?? throw new ArgumentException($"There is no {name}.", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
