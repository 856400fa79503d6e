using System.ComponentModel;
using System.Diagnostics;

namespace Metering.Storage.Postgres.Private;

/// <summary>One run of a short program to its end: how it ended and what it printed, both streams together.</summary>
internal sealed record ProgramRun(int ExitCode, string Output)
{
    /// <summary>Starts a program with nothing to read, from the root folder, which every user may enter.</summary>
    public static Process Start(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0])
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            throw new PrivatePostgresException($"Could not run {command[0]}: {failure.Message}", failure);
        }

        process.StandardInput.Close();
        return process;
    }

    public static async Task<ProgramRun> OfAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using var process = Start(command);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new ProgramRun(process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Runs a program that has to succeed.</summary>
    /// <exception cref="PrivatePostgresException">It did not; the message holds <paramref name="purpose"/> and its output.</exception>
    public static async Task<string> MustAsync(string purpose, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var run = await OfAsync(command, cancellationToken);
        return run.ExitCode == 0
            ? run.Output.Trim()
            : throw new PrivatePostgresException($"{purpose} failed: {command[0]} ended with {run.ExitCode}: {run.Output.Trim()}");
    }

    /// <summary>The full path of a program of the system, or null.</summary>
    public static string? Locate(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Concat(["/usr/bin", "/bin", "/usr/sbin", "/sbin"])
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);
}
