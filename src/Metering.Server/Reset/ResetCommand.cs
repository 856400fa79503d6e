using System.CommandLine;
using Metering.Server.CommandLine;
using Metering.Server.Databases;
using Metering.Server.Settings;
using Metering.Storage.Postgres.Private;
using Spectre.Console;

namespace Metering.Server.Reset;

/// <summary><c>reset</c>: clears test data.</summary>
internal static class ResetCommand
{
    public static Command Create()
    {
        var command = new Command("reset", "Delete a data folder and everything in it. Refused while a server runs on it.");
        var data = new Option<string?>("--data") { Description = "Data folder. Default: .data", HelpName = "DIR" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask; a script needs it for any folder but the default one" };
        command.Options.Add(data);
        command.Options.Add(yes);
        command.SetAction((parsed, stop) =>
            RunAsync(Path.GetFullPath(parsed.GetValue(data) ?? ConfigFolder.DefaultData), parsed.GetValue(yes), stop));
        return command;
    }

    private static async Task<int> RunAsync(string folder, bool yes, CancellationToken stop)
    {
        if (!Directory.Exists(folder))
        {
            Console.WriteLine($"There is nothing in {folder}.");
            return ExitCodes.Done;
        }

        // Nothing but what a server makes: so that a mistyped --data does not delete somebody's home.
        IEnumerable<string> entries = Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry));
        string[] strangers = [.. entries.Where(name => !DataFolder.Owns(name))];
        if (strangers.Length > 0)
            throw new CommandFailedException(
                $"{folder} holds what no server made ({string.Join(", ", strangers.Take(3))}); delete it by hand if you mean it.");
        if (!yes && !await AskAsync(folder, stop))
        {
            Console.WriteLine(Console.IsInputRedirected ? "Nothing was deleted: say --yes." : "Nothing was deleted.");
            return ExitCodes.Failed;
        }

        using (DataFolder.Hold(folder))
            await PrivatePostgres.DeleteAsync(DataFolder.Postgres(folder), stop);
        Directory.Delete(folder, recursive: true);
        Console.WriteLine($"Deleted {folder}.");
        return ExitCodes.Done;
    }

    private static async Task<bool> AskAsync(string folder, CancellationToken stop)
    {
        // A script cannot be asked. That it means the folder of the repository is plain; another one has to be confirmed.
        if (Console.IsInputRedirected)
            return folder == Path.GetFullPath(ConfigFolder.DefaultData);
        var question = new ConfirmationPrompt($"Delete {Markup.Escape(folder)} and all usage in it?") { DefaultValue = false };
        return await question.ShowAsync(Terminal.Create(), stop);
    }
}
