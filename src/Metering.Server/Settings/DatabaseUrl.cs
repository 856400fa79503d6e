using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Metering.Server.Settings;

/// <summary>
/// How a database is named in settings: <c>postgres://user:password@host:port/database?sslmode=require</c> (or <c>postgresql://</c>;
/// the parts as RFC 3986 writes them), or a connection string of Npgsql (<c>Host=...;Database=...</c>).
/// </summary>
internal static class DatabaseUrl
{
    /// <summary>Makes a connection string of either form.</summary>
    /// <param name="text">The text of the setting.</param>
    /// <param name="connectionString">The connection string.</param>
    /// <param name="fault">What is wrong, without the password.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out string? connectionString, [NotNullWhen(false)] out string? fault)
    {
        connectionString = null;
        try
        {
            bool isUrl = text.Contains("://", StringComparison.Ordinal);
            NpgsqlConnectionStringBuilder builder = isUrl ? FromUrl(text) : new NpgsqlConnectionStringBuilder(text);
            fault = string.IsNullOrEmpty(builder.Host) ? "names no host"
                : string.IsNullOrEmpty(builder.Database) ? "names no database"
                : null;
            if (fault is not null)
                return false;
            connectionString = builder.ConnectionString;
            return true;
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or KeyNotFoundException)
        {
            fault = wrong is UriFormatException ? "is no URL such as postgres://user:password@host:5432/database" : wrong.Message;
            return false;
        }
    }

    private static NpgsqlConnectionStringBuilder FromUrl(string text)
    {
        var url = new Uri(text);
        if (url.Scheme is not ("postgres" or "postgresql"))
            throw new FormatException($"has the scheme '{url.Scheme}', not postgres");
        string[] user = url.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = url.IdnHost.Trim('[', ']'),
            Port = url.IsDefaultPort || url.Port < 0 ? NpgsqlConnection.DefaultPort : url.Port,
            Database = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')),
        };
        if (user[0].Length > 0)
            builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            builder.Password = Uri.UnescapeDataString(user[1]);
        foreach (string pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            string name = parts[0] == "sslmode" ? "SSL Mode" : parts[0].Replace('_', ' ');
            string value = Uri.UnescapeDataString(parts.Length > 1 ? parts[1] : "");
            builder[name] = name == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }

        return builder;
    }
}
