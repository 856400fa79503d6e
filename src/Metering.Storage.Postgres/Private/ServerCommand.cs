using System.Globalization;

namespace Metering.Storage.Postgres.Private;

/// <summary>The command line of the server: its settings, its account, its own session, its log.</summary>
internal static class ServerCommand
{
    private const int FirstWithWholeSync = 14;

    public static IReadOnlyList<string> For(
        PostgresPrograms programs, DatabaseFolder folder, PrivatePostgresOptions options, int port, string sockets)
    {
        var settings = Settings(options, port, sockets);

        // After a crash everything is made durable before recovery: file by file that takes seconds with a few databases of some hundred
        // files each, asked of the whole file system a fraction of one. Linux alone can, PostgreSQL since 14.
        if (OperatingSystem.IsLinux() && programs.MajorVersion >= FirstWithWholeSync)
        {
            settings["recovery_init_sync_method"] = "syncfs";
        }

        foreach (var (name, value) in options.Settings)
        {
            settings[name] = value;
        }

        return
        [
            .. OwnSession(),
            .. folder.User.Command(["/bin/sh", "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", folder.Log]),
            programs.Postgres, "-D", folder.RealPath,
            .. settings.SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" }),
        ];
    }

    private static Dictionary<string, string> Settings(PrivatePostgresOptions options, int port, string sockets) => new()
    {
        ["listen_addresses"] = "127.0.0.1",
        ["port"] = port.ToString(CultureInfo.InvariantCulture),
        ["unix_socket_directories"] = sockets,
        ["unix_socket_permissions"] = "0700",

        // What "accepted" rests on.
        ["fsync"] = "on",
        ["synchronous_commit"] = "on",
        ["full_page_writes"] = "on",

        // Journal rows come in a steady stream: few, long checkpoints write each page's image once in a long while.
        ["max_wal_size"] = "4GB",
        ["checkpoint_timeout"] = "15min",
        ["checkpoint_completion_target"] = "0.9",
        ["wal_compression"] = "on",
        ["shared_buffers"] = $"{options.SharedBuffersMegabytes}MB",
        ["max_connections"] = options.MaxConnections.ToString(CultureInfo.InvariantCulture),
        ["autovacuum"] = "on",
        ["timezone"] = "UTC",

        // The log goes to stderr, and from there into the file; a start that fails is in it too.
        ["logging_collector"] = "off",
        ["log_destination"] = "stderr",
        ["log_line_prefix"] = "%m [%p] %d ",
        ["log_timezone"] = "UTC",
    };

    // Ctrl-C on a terminal goes to its whole process group. Linux has setsid; macOS has perl.
    private static string[] OwnSession() =>
        ProgramRun.Locate("setsid") is { } setsid ? [setsid]
        : ProgramRun.Locate("perl") is { } perl ? [perl, "-e", "use POSIX; POSIX::setsid(); exec @ARGV or die $!", "--"]
        : throw new PrivatePostgresException(
            "Neither setsid (package util-linux) nor perl is there; one is needed to keep Ctrl-C from the database.");
}
