using Metering.Core.Catalog;

namespace Metering.Delivery.Pdf.Layout;

/// <summary>What stands on a document, as texts ready to be set: an invoice or a credit note in the operator's culture.</summary>
internal sealed record PrintedDocument
{
    /// <summary>The large word at the top: <c>Invoice</c>.</summary>
    public required string Title { get; init; }

    /// <summary>The number in the footer, and in the file's title.</summary>
    public required string Number { get; init; }

    /// <summary>The language of its words, such as <c>en</c>.</summary>
    public required string Language { get; init; }

    /// <summary>When it was made, for the file's properties; null for a draft.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    public PrintedMark? Mark { get; init; }

    public required PrintedParty Seller { get; init; }

    public required PrintedParty Buyer { get; init; }

    /// <summary>Numbers and dates, in order.</summary>
    public required ValueList<PrintedFact> Facts { get; init; }

    /// <summary>The amount that matters, and what about it.</summary>
    public required PrintedFact Headline { get; init; }

    /// <summary>The heads of the table's columns: description, quantity, unit, unit price, amount.</summary>
    public required ValueList<string> Columns { get; init; }

    public required ValueList<PrintedLine> Lines { get; init; }

    public required ValueList<PrintedSum> Sums { get; init; }

    /// <summary>Paragraphs below the sums: tax notes, reasons, how to pay.</summary>
    public ValueList<PrintedNote> Notes { get; init; } = [];

    /// <summary>Sentences in small print at the end.</summary>
    public ValueList<string> SmallPrint { get; init; } = [];
}

/// <summary>A word that says where the document stands.</summary>
/// <param name="Text">In capitals: <c>PAID</c>.</param>
/// <param name="Tone">Which colour.</param>
/// <param name="IsAcross">Whether it also stands across each page, because the document is not to be paid.</param>
internal sealed record PrintedMark(string Text, PrintedTone Tone, bool IsAcross);

/// <summary>What a mark means for who reads it.</summary>
internal enum PrintedTone
{
    Neutral,
    Good,
    Bad,
}

/// <summary>Seller or buyer.</summary>
/// <param name="Heading">What it is to the document: <c>From</c>, <c>Bill to</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Lines">Address, tax id, e-mail; one a line.</param>
internal sealed record PrintedParty(string Heading, string Name, ValueList<string> Lines);

internal sealed record PrintedFact(string Label, string Value);

/// <summary>A line of the table.</summary>
/// <param name="Description">What it is for.</param>
/// <param name="Detail">A second line in grey; may be empty.</param>
/// <param name="Quantity">How much.</param>
/// <param name="Unit">Of what.</param>
/// <param name="UnitPrice">At which price.</param>
/// <param name="Amount">What it comes to.</param>
internal sealed record PrintedLine(string Description, string Detail, string Quantity, string Unit, string UnitPrice, string Amount);

/// <summary>A row below the table.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Amount">How much.</param>
/// <param name="Weight">How it stands out.</param>
internal sealed record PrintedSum(string Label, string Amount, PrintedWeight Weight);

internal enum PrintedWeight
{
    /// <summary>In grey: it only shows something that is contained elsewhere.</summary>
    Aside,
    Plain,

    /// <summary>Bold, with a rule above.</summary>
    Total,
}

/// <param name="Heading">In bold; may be empty.</param>
/// <param name="Text">Whole sentences; a line break starts a new line.</param>
internal sealed record PrintedNote(string Heading, string Text);
