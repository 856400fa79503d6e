using System.Globalization;
using Metering.Core.Catalog;
using Metering.Delivery.Pdf.Fonts;
using Metering.Delivery.Pdf.Writing;

namespace Metering.Delivery.Pdf;

/// <summary>How documents look.</summary>
public sealed record DocumentOptions
{
    /// <summary>The largest file of a further font.</summary>
    public const int MaxFontBytes = 32 * 1024 * 1024;

    /// <summary>A4 or Letter. Default: A4.</summary>
    public PaperSize Paper { get; init; } = PaperSize.A4;

    /// <summary>How numbers, money and dates are written; the words are English. Default: <c>en</c>.</summary>
    public CultureInfo Culture { get; init; } = CultureInfo.GetCultureInfo("en");

    /// <summary>The path of a PNG file shown at the top; null for the seller's name. Default: none.</summary>
    public string? LogoPath { get; init; }

    /// <summary>
    /// Paths of TrueType files for characters that the shipped fonts (Latin, Greek, Cyrillic) do not have; asked in order. Default: none.
    /// </summary>
    public ValueList<string> FontPaths { get; init; } = [];

    /// <summary>How to pay, shown on what is to be paid: lines of text. Default: nothing.</summary>
    public ValueList<string> PaymentNotes { get; init; } = [];

    /// <summary>Reads the files it names.</summary>
    /// <exception cref="ArgumentException">A file cannot be read or is of another kind; all faults are named at once.</exception>
    internal DocumentFiles Load()
    {
        var faults = new List<string>();
        PngImage? logo = LogoPath is null ? null : Try(LogoPath, PngImage.MaxBytes, bytes => PngImage.Read(bytes), faults);
        List<TrueTypeFont?> fonts =
            [.. FontPaths.Select(
                path => Try(path, MaxFontBytes, bytes => TrueTypeFont.Read(Path.GetFileNameWithoutExtension(path), bytes), faults))];
        return faults.Count == 0
            ? new DocumentFiles(logo, [.. fonts.OfType<TrueTypeFont>()])
            : throw new ArgumentException(string.Join(' ', faults));
    }

    private static T? Try<T>(string path, int most, Func<byte[], T> read, List<string> faults)
        where T : class
    {
        try
        {
            if (new FileInfo(path) is { Exists: true } file && file.Length > most)
                throw new InvalidDataException($"It is larger than {most / (1024 * 1024)} MiB.");
            return read(File.ReadAllBytes(path));
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            faults.Add($"{path}: {wrong.Message}");
            return null;
        }
    }
}

/// <summary>The size of the paper.</summary>
public enum PaperSize
{
    /// <summary>210 by 297 mm.</summary>
    A4,

    /// <summary>8.5 by 11 inches.</summary>
    Letter,
}

/// <summary>The files that the options name, read.</summary>
internal sealed record DocumentFiles(PngImage? Logo, IReadOnlyList<TrueTypeFont> Fonts);
