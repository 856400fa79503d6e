using System.Text.RegularExpressions;

namespace Metering.Core.Tests.House;

/// <summary>
/// Finds methods in C# text by matching braces, after blanking out comments and literals. Local functions and lambdas count as part of
/// the method around them.
/// </summary>
internal static partial class MethodLengths
{
    private enum Block
    {
        Type,
        Method,
        Other,
    }

    /// <summary>Each method with the number of its lines, from the first line of its header to its last brace.</summary>
    public static IEnumerable<(string Name, int Lines)> In(string code)
    {
        var text = Blank(code);
        var open = new Stack<(Block Block, string Name, int FirstLine)>();
        var header = 0;
        var line = 1;
        var headerLine = 1;
        for (var at = 0; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '\n':
                    line++;
                    break;
                case '{':
                    open.Push((Kind(text[header..at], open, out var name), name, headerLine));
                    header = at + 1;
                    break;
                case '}' when open.TryPop(out var closed):
                    if (closed.Block == Block.Method)
                    {
                        yield return (closed.Name, line - closed.FirstLine + 1);
                    }

                    header = at + 1;
                    break;
                case ';':
                    header = at + 1;
                    break;
            }

            if (text.AsSpan(header..(at + 1)).Trim().Length <= 1)
            {
                headerLine = line;
            }
        }
    }

    private static Block Kind(string header, Stack<(Block Block, string Name, int FirstLine)> open, out string name)
    {
        name = "";
        if (open.TryPeek(out var around) && around.Block != Block.Type)
        {
            return Block.Other;
        }

        // A body that is an expression begins with "=>"; what is before it names the method.
        header = header.Split("=>")[0];
        if (TypeHeader().IsMatch(header))
        {
            return Block.Type;
        }

        if (MethodName().Match(header) is { Success: true } method && !header.Split('(')[0].Contains('='))
        {
            name = method.Groups[1].Value;
            return Block.Method;
        }

        return Block.Other;
    }

    /// <summary>The same text with everything in comments and literals replaced by blanks; line ends stay.</summary>
    private static string Blank(string code) =>
        Opaque().Replace(code, found => string.Concat(found.Value.Select(letter => letter == '\n' ? '\n' : ' ')));

    [GeneratedRegex("\\$*\"\"\"+[\\s\\S]*?\"\"\"+|//[^\\n]*|/\\*[\\s\\S]*?\\*/|@\\$?\"(?:[^\"]|\"\")*\"|\\$@\"(?:[^\"]|\"\")*\"" +
        "|\\$\"(?:\\{\\{|\\}\\}|\\{(?:[^{}\"]|\"(?:\\\\.|[^\"\\\\])*\"|\\{[^{}]*\\})*\\}|\\\\.|[^\"\\\\{}])*\"" +
        "|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.[^']*|[^'\\\\])'|^\\s*#[^\\n]*", RegexOptions.Multiline)]
    private static partial Regex Opaque();

    [GeneratedRegex("\\b(class|struct|interface|enum|record|namespace|extension)\\b")]
    private static partial Regex TypeHeader();

    [GeneratedRegex("([A-Za-z_][A-Za-z0-9_]*|[-+*/%<>=!]+)\\s*(?:<[^()]*>)?\\s*\\(")]
    private static partial Regex MethodName();
}
