using System.Globalization;
using System.Security.Cryptography;

namespace Metering.Storage.Postgres.Private;

/// <summary>The database files of one private PostgreSQL: where they really are, whose they are, and how they are first made.</summary>
internal sealed class DatabaseFolder
{
    /// <summary>The file that holds the superuser's password.</summary>
    public const string PasswordName = "metering.password";

    private const string Elsewhere = "/var/lib/metering";

    private DatabaseFolder(string path, ServerUser user)
    {
        RealPath = path;
        User = user;
    }

    /// <summary>The folder itself, with no link in its last part.</summary>
    public string RealPath { get; }

    public ServerUser User { get; }

    public string Log => Path.Combine(RealPath, "server.log");

    public bool IsMade => File.Exists(Path.Combine(RealPath, "PG_VERSION"));

    public int? MajorVersion => IsMade
        ? int.Parse(File.ReadAllText(Path.Combine(RealPath, "PG_VERSION")).Trim().Split('.')[0], CultureInfo.InvariantCulture)
        : null;

    public string Password => File.ReadAllText(Path.Combine(RealPath, PasswordName)).Trim();

    public static async Task<DatabaseFolder> OpenAsync(string folder, CancellationToken cancellationToken)
    {
        var real = Resolve(folder);
        Directory.CreateDirectory(Path.GetDirectoryName(real)!);
        var user = await ServerUser.ForAsync(real, cancellationToken);
        if (!user.IsOther || await user.CanEnterAsync(Path.GetDirectoryName(real)!, cancellationToken))
        {
            return new DatabaseFolder(real, user);
        }

        if (Directory.Exists(real))
        {
            throw new PrivatePostgresException(
                $"PostgreSQL runs as '{user.Name}' here, which may not enter the folders above {real}. Allow it (chmod o+x on each), or " +
                "choose another data folder.");
        }

        return new DatabaseFolder(LinkElsewhere(real), user);
    }

    /// <summary>Removes database files that no server uses, also where the folder is a link to them.</summary>
    public static void Delete(string folder)
    {
        var link = Directory.ResolveLinkTarget(folder, returnFinalTarget: true) as DirectoryInfo;
        if (link is { Exists: true })
        {
            link.Delete(recursive: true);
        }

        if (link is not null)
        {
            File.Delete(folder);
            if (link.Parent is { Parent.FullName: Elsewhere } own && !own.EnumerateFileSystemInfos().Any())
            {
                own.Delete();
            }
        }
        else if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// Makes the database files. They are made beside the folder and moved there as the last step, so that a crash on the way leaves
    /// nothing that looks whole.
    /// </summary>
    public async Task MakeAsync(PostgresPrograms programs, CancellationToken cancellationToken)
    {
        if (Directory.Exists(RealPath) && Directory.EnumerateFileSystemEntries(RealPath).Any())
        {
            throw new PrivatePostgresException($"{RealPath} holds files, but not those of a PostgreSQL. Choose another data folder.");
        }

        var draft = RealPath + ".new";
        var password = draft + ".password";
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }

        File.Delete(password);
        OwnerOnly(password, RandomNumberGenerator.GetHexString(32, lowercase: true));
        Directory.CreateDirectory(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await User.GiveAsync(password, cancellationToken);
        await User.GiveAsync(draft, cancellationToken);
        await ProgramRun.MustAsync(
            "Making the database files",
            User.Command(
                programs.InitDb, "-D", draft, "-U", PrivatePostgres.UserName, "-A", "scram-sha-256", $"--pwfile={password}", "-E", "UTF8",
                "--locale=C", "--data-checksums"),
            cancellationToken);
        File.Move(password, Path.Combine(draft, PasswordName));
        if (Directory.Exists(RealPath))
        {
            Directory.Delete(RealPath);
        }

        Directory.Move(draft, RealPath);
    }

    /// <summary>The last lines of the server's log, for messages.</summary>
    public string LogTail(int lines = 25)
    {
        if (!File.Exists(Log))
        {
            return "(the server wrote no log)";
        }

        using var reader = new StreamReader(new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        reader.BaseStream.Seek(-Math.Min(reader.BaseStream.Length, 16_384), SeekOrigin.End);
        return string.Join('\n', reader.ReadToEnd().TrimEnd().Split('\n').TakeLast(lines));
    }

    private static string Resolve(string folder)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var link = new FileInfo(folder).LinkTarget is null ? null : Directory.ResolveLinkTarget(folder, returnFinalTarget: true);
        if (link is { Exists: false })
        {
            throw new PrivatePostgresException(
                $"{folder} is a link to {link.FullName}, which is gone. Put that folder back, or delete the link to begin anew.");
        }

        return link?.FullName ?? folder;
    }

    // A fresh clone in root's home is the usual case: nobody but root may enter it, and changing the rights of a home folder is not ours
    // to do. So the files go where services keep theirs, under a name that no other clone shares.
    private static string LinkElsewhere(string folder)
    {
        var target = Path.Combine(Elsewhere, RandomNumberGenerator.GetHexString(12, lowercase: true), Path.GetFileName(folder));
        const UnixFileMode enter = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        Directory.CreateDirectory(Elsewhere, enter);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!, enter);
        Directory.CreateDirectory(target);
        Directory.CreateSymbolicLink(folder, target);
        return target;
    }

    private static void OwnerOnly(string path, string text)
    {
        using var writer = new StreamWriter(new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }));
        writer.Write(text);
    }
}
