namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>The peers' SQL, from the files in <c>Peers/Postgres/Sql</c>, which are built into the program.</summary>
internal static class SqlFile
{
    /// <summary>The text of a file, by its name without the ending.</summary>
    public static string Read(string name)
    {
        string resource = $"Peers.Sql.{name}.sql";
        using Stream stream = typeof(SqlFile).Assembly.GetManifestResourceStream(resource)
            ?? throw new ArgumentException($"There is no {resource}.", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
