using System.CommandLine;
using Metering.Server.Client;
using Metering.Server.Settings;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Private;
using Metering.Storage.Postgres.Schema;
using Npgsql;

namespace Metering.Server.CommandLine;

/// <summary>Runs a command line: what is wrong in the world is one clear message, never a stack trace; a bug keeps its trace.</summary>
internal static class Invocation
{
    public static async Task<int> RunAsync(RootCommand root, string[] args, string defaultCommand)
    {
        bool asksNothing = args.Length == 0 || (args[0].StartsWith('-') && args[0] is not ("--help" or "-h" or "-?" or "--version"));
        ParseResult parsed = root.Parse(asksNothing ? [defaultCommand, .. args] : args);
        // Signals are the commands' own affair: they have work to finish, and time to do it.
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            int code = await parsed.InvokeAsync(configuration);
            return parsed.Errors.Count > 0 ? ExitCodes.Usage : code;
        }
        catch (SettingsException wrong)
        {
            return Say(wrong.Message, ExitCodes.Usage);
        }
        catch (Exception failure) when (failure is ApiException or CommandFailedException or PrivatePostgresException
            or SchemaMismatchException or UnsafeServerException or FormatException or IOException or UnauthorizedAccessException)
        {
            return Say(failure.Message, ExitCodes.Failed);
        }
        catch (NpgsqlException failure)
        {
            string cause = failure.InnerException is { } inner ? $" ({inner.Message})" : "";
            return Say($"The database: {failure.Message}{cause}", ExitCodes.Failed);
        }
        catch (OperationCanceledException)
        {
            return Say("Stopped.", ExitCodes.Failed);
        }
    }

    private static int Say(string message, int code)
    {
        Console.Error.WriteLine(message);
        return code;
    }
}
