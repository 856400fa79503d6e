using Spectre.Console;

namespace Metering.Server.CommandLine;

/// <summary>The terminal as tables and progress bars are drawn on it.</summary>
internal static class Terminal
{
    /// <summary>Colours only where a person looks; a file or pipe gets plain text of a width that keeps tables whole.</summary>
    public static IAnsiConsole Create()
    {
        if (!Console.IsOutputRedirected)
            return AnsiConsole.Create(new AnsiConsoleSettings());
        IAnsiConsole plain = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No,
            });
        plain.Profile.Width = 160;
        return plain;
    }
}
