using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Metering.Delivery.Mail;

/// <summary>How the values of placeholders are made safe.</summary>
internal enum TemplateEscape
{
    /// <summary>Text: as it is.</summary>
    None,

    /// <summary>HTML: <c>&lt;</c>, <c>&gt;</c>, <c>&amp;</c> and quotes become entities, line breaks <c>&lt;br&gt;</c>.</summary>
    Html,
}

/// <summary>
/// A text with placeholders: <c>{{name}}</c> is replaced by a value, what stands between <c>{{#name}}</c> and <c>{{/name}}</c> is left
/// out where
/// the value is empty. Sections do not nest. Nothing else is interpreted, and values are never read as templates.
/// </summary>
internal sealed partial class MailTemplate
{
    /// <summary>The longest text of a template.</summary>
    public const int MaxLength = 64 * 1024;

    private readonly string text;
    private readonly TemplateEscape escape;

    private MailTemplate(string text, TemplateEscape escape) => (this.text, this.escape) = (text, escape);

    /// <param name="text">The text.</param>
    /// <param name="escape">What its values become.</param>
    /// <param name="names">The placeholders it may use.</param>
    /// <param name="faults">Receives what is wrong, as sentences.</param>
    public static MailTemplate Parse(string text, TemplateEscape escape, IReadOnlySet<string> names, List<string> faults)
    {
        if (text.Length > MaxLength)
            faults.Add("It is longer than 64 KiB.");
        IEnumerable<string> used = Placeholder().Matches(text).Select(match => match.Groups["name"].Value).Distinct();
        foreach (string name in used.Where(name => !names.Contains(name)))
            faults.Add($"It has the placeholder {{{{{name}}}}}, of which nothing is known; there are: {string.Join(", ", names.Order())}.");
        string? open = null;
        foreach (Match match in Placeholder().Matches(text))
        {
            string name = match.Groups["name"].Value;
            switch (match.Groups["kind"].Value)
            {
                case "#" when open is not null:
                    faults.Add($"The section {name} begins within the section {open}.");
                    break;
                case "#":
                    open = name;
                    break;
                case "/" when open != name:
                    faults.Add($"The section {name} ends where it has not begun.");
                    break;
                case "/":
                    open = null;
                    break;
            }
        }

        if (open is not null)
            faults.Add($"The section {open} has no end.");
        if (Placeholder().Replace(text, "").Contains("{{", StringComparison.Ordinal))
            faults.Add("It has '{{' without a name and '}}'.");
        return new MailTemplate(text, escape);
    }

    /// <summary>The text with all values in their places.</summary>
    public string Fill(IReadOnlyDictionary<string, string> values)
    {
        var filled = new StringBuilder();
        bool skipping = false;
        int position = 0;
        foreach (Match match in Placeholder().Matches(text))
        {
            if (!skipping)
                filled.Append(text, position, match.Index - position);
            position = match.Index + match.Length;
            string value = values.GetValueOrDefault(match.Groups["name"].Value, "");
            switch (match.Groups["kind"].Value)
            {
                case "#":
                    skipping = value.Length == 0;
                    position = SkipBreak(position);
                    break;
                case "/":
                    skipping = false;
                    position = SkipBreak(position);
                    break;
                default:
                    if (!skipping)
                        filled.Append(Escape(value));
                    break;
            }
        }

        return filled.Append(text, position, text.Length - position).ToString();
    }

    // A section's mark alone on its line leaves no empty line behind.
    private int SkipBreak(int position) => position < text.Length && text[position] == '\n' ? position + 1 : position;

    private string Escape(string value) => escape == TemplateEscape.Html
        ? WebUtility.HtmlEncode(value).ReplaceLineEndings("<br>")
        : value;

    [GeneratedRegex(@"\{\{(?<kind>[#/]?)(?<name>[a-z_]+)\}\}")]
    private static partial Regex Placeholder();
}
