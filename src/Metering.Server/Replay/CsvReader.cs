using System.Text;

namespace Metering.Server.Replay;

/// <summary>
/// Reads rows of comma-separated values as RFC 4180 has them: fields may be quoted, a quote inside is doubled, a quoted field may hold
/// line ends.
/// Empty lines are left out.
/// </summary>
internal sealed class CsvReader(TextReader reader)
{
    private readonly List<string> fields = [];
    private readonly StringBuilder field = new();

    /// <summary>Reads the next row.</summary>
    /// <returns>Its fields, valid until the next call; null at the end.</returns>
    /// <exception cref="FormatException">A quoted field does not end.</exception>
    public IReadOnlyList<string>? Read()
    {
        while (true)
        {
            string? line = reader.ReadLine();
            if (line is null)
                return null;
            if (line.Length > 0)
                return line.Contains('"', StringComparison.Ordinal) ? Quoted(line) : Plain(line);
        }
    }

    private List<string> Plain(string line)
    {
        fields.Clear();
        foreach (Range range in line.AsSpan().Split(','))
            fields.Add(line[range]);
        return fields;
    }

    private List<string> Quoted(string line)
    {
        fields.Clear();
        field.Clear();
        bool inside = false;
        int index = 0;
        while (true)
        {
            if (index == line.Length)
            {
                if (!inside)
                    break;
                line = reader.ReadLine() ?? throw new FormatException("a quoted field does not end");
                field.Append('\n');
                index = 0;
                continue;
            }

            char letter = line[index++];
            if (letter == '"' && inside && index < line.Length && line[index] == '"')
            {
                field.Append('"');
                index++;
            }
            else if (letter == '"')
            {
                inside = !inside;
            }
            else if (letter == ',' && !inside)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(letter);
            }
        }

        fields.Add(field.ToString());
        return fields;
    }
}
