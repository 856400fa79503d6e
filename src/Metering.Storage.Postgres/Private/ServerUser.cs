using System.Globalization;

namespace Metering.Storage.Postgres.Private;

/// <summary>
/// The account that runs PostgreSQL's programs. They refuse to run as root; so for root it is the owner of existing database files, or
/// else the account <c>postgres</c>, or else <c>nobody</c>. For everyone else it is the account of this process.
/// </summary>
internal sealed class ServerUser
{
    private readonly IReadOnlyList<string> _prefix;
    private readonly string? _owner;

    private ServerUser(IReadOnlyList<string> prefix, string? owner, string name)
    {
        _prefix = prefix;
        _owner = owner;
        Name = name;
    }

    public string Name { get; }

    /// <summary>Whether programs run as another account than this process.</summary>
    public bool IsOther => _owner is not null;

    public static async Task<ServerUser> ForAsync(string folder, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new ServerUser([], null, Environment.UserName);
        }

        var (uid, gid, name) = await OwnerAsync(folder, cancellationToken)
            ?? await AccountAsync("postgres", cancellationToken)
            ?? await AccountAsync("nobody", cancellationToken)
            ?? throw new PrivatePostgresException(
                "PostgreSQL refuses to run as root, and there is no account 'postgres' to run it: useradd --system postgres");
        if (ProgramRun.Locate("setpriv") is { } setpriv)
        {
            return new ServerUser([setpriv, $"--reuid={uid}", $"--regid={gid}", "--clear-groups", "--"], $"{uid}:{gid}", name);
        }

        if (ProgramRun.Locate("runuser") is { } runuser)
        {
            return new ServerUser([runuser, "-u", name, "--"], $"{uid}:{gid}", name);
        }

        throw new PrivatePostgresException(
            "PostgreSQL refuses to run as root, and neither setpriv nor runuser (package util-linux) is there to run it as " +
            $"'{name}': install util-linux, or run this as an ordinary user.");
    }

    /// <summary>The command, run by this account.</summary>
    public IReadOnlyList<string> Command(params IEnumerable<string> command) => [.. _prefix, .. command];

    /// <summary>Gives a file or a folder with all it holds to this account.</summary>
    public async Task GiveAsync(string path, CancellationToken cancellationToken)
    {
        if (_owner is not null)
        {
            await ProgramRun.MustAsync($"Giving {path} to {Name}", ["chown", "-R", _owner, path], cancellationToken);
        }
    }

    /// <summary>Whether this account may enter the folder, by every folder above it.</summary>
    public async Task<bool> CanEnterAsync(string folder, CancellationToken cancellationToken) =>
        (await ProgramRun.OfAsync(Command("test", "-d", Path.Combine(folder, ".")), cancellationToken)).ExitCode == 0;

    private static async Task<(string Uid, string Gid, string Name)?> OwnerAsync(string folder, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(folder, "PG_VERSION")))
        {
            return null;
        }

        var owner = await ProgramRun.MustAsync("Finding the owner", ["stat", "-c", "%u %g %U", folder], cancellationToken);
        var parts = owner.Split(' ');
        return parts[0] == "0" ? null : (parts[0], parts[1], parts[2]);
    }

    private static async Task<(string Uid, string Gid, string Name)?> AccountAsync(string name, CancellationToken cancellationToken)
    {
        var uid = await ProgramRun.OfAsync(["id", "-u", name], cancellationToken);
        var gid = await ProgramRun.OfAsync(["id", "-g", name], cancellationToken);
        return uid.ExitCode == 0 && gid.ExitCode == 0
            && long.TryParse(uid.Output, CultureInfo.InvariantCulture, out var number) && number > 0
            ? (uid.Output.Trim(), gid.Output.Trim(), name)
            : null;
    }
}
