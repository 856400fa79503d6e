using System.Globalization;
using System.Text;
using Metering.Delivery.Pdf.Writing;

namespace Metering.Delivery.Pdf.Layout;

/// <summary>Breaks texts into lines that fit a width: at spaces, after hyphens and slashes, and within a word that is wider than the
/// line.</summary>
internal static class TextWrap
{
    /// <summary>The lines of a text; at least one, which may be empty. A line break in the text ends a line.</summary>
    public static IReadOnlyList<string> Lines(PdfFontSet fonts, string text, TextStyle style, double width)
    {
        var lines = new List<string>();
        foreach (string paragraph in text.ReplaceLineEndings("\n").Split('\n'))
            Break(fonts, paragraph, style, width, lines);
        return lines;
    }

    /// <summary>The text, or as much of its beginning as fits, with an ellipsis.</summary>
    public static string Fit(PdfFontSet fonts, string text, TextStyle style, double width)
    {
        if (fonts.Width(text, style.IsBold) * style.Size <= width)
            return text;
        string[] elements = Elements(text);
        int count = elements.Length;
        while (count > 0 && fonts.Width(string.Concat(elements.AsSpan(0, count)) + "…", style.IsBold) * style.Size > width)
            count--;
        return string.Concat(elements.AsSpan(0, count)).TrimEnd() + "…";
    }

    private static void Break(PdfFontSet fonts, string paragraph, TextStyle style, double width, List<string> lines)
    {
        var line = new StringBuilder();
        double used = 0;
        foreach (string word in Words(paragraph))
        {
            double wide = fonts.Width(word, style.IsBold) * style.Size;
            double bare = fonts.Width(word.TrimEnd(' '), style.IsBold) * style.Size;
            if (used + bare > width && used > 0)
                End();
            if (bare <= width)
            {
                line.Append(word);
                used += wide;
                continue;
            }

            foreach (string element in Elements(word))
            {
                double one = fonts.Width(element, style.IsBold) * style.Size;
                if (element == " " && used + one > width)
                    continue;
                if (used + one > width && used > 0)
                    End();
                line.Append(element);
                used += one;
            }
        }

        End();

        void End()
        {
            lines.Add(line.ToString().TrimEnd(' '));
            line.Clear();
            used = 0;
        }
    }

    // A word carries the spaces that follow it; a hyphen or a slash ends one, unless a digit follows: a date stays whole.
    private static IEnumerable<string> Words(string text)
    {
        int start = 0;
        for (int i = 1; i < text.Length; i++)
        {
            bool afterSpace = text[i - 1] == ' ' && text[i] != ' ';
            bool afterJoint = text[i - 1] is '-' or '/' or '_' && text[i] != ' ' && !char.IsDigit(text[i]) && i - start > 1;
            if (!afterSpace && !afterJoint)
                continue;
            yield return text[start..i];
            start = i;
        }

        if (start < text.Length)
            yield return text[start..];
    }

    private static string[] Elements(string text)
    {
        var elements = new List<string>();
        TextElementEnumerator each = StringInfo.GetTextElementEnumerator(text);
        while (each.MoveNext())
            elements.Add(each.GetTextElement());
        return [.. elements];
    }
}
