namespace Metering.Core.Invoicing;

/// <summary>
/// What became of an invoice. Not a part of its bytes: they are fixed when it is issued. The numbers stand in the journal: never reuse one.
/// </summary>
public enum InvoiceStatus
{
    /// <summary>Of a period that is not closed, or not issued yet: computed when asked for, without a legal number.</summary>
    Draft = 1,

    /// <summary>Final and to be paid.</summary>
    Issued = 2,

    /// <summary>Paid in full. Nothing follows.</summary>
    Paid = 3,

    /// <summary>Not paid when it was due.</summary>
    Overdue = 4,

    /// <summary>Withdrawn; it keeps its legal number. Nothing follows.</summary>
    Void = 5,
}

/// <summary>Which status may follow which: <c>draft -> issued -> paid | overdue | void</c>, <c>overdue -> paid | void</c>.</summary>
public static class InvoiceStatusMoves
{
    /// <summary>Whether the move is legal. Staying is no move.</summary>
    public static bool CanMoveTo(this InvoiceStatus from, InvoiceStatus to) => (from, to) switch
    {
        (InvoiceStatus.Draft, InvoiceStatus.Issued) => true,
        (InvoiceStatus.Issued, InvoiceStatus.Paid or InvoiceStatus.Overdue or InvoiceStatus.Void) => true,
        (InvoiceStatus.Overdue, InvoiceStatus.Paid or InvoiceStatus.Void) => true,
        _ => false,
    };

    /// <summary>The word of the API: <c>draft</c>, <c>issued</c>, <c>paid</c>, <c>overdue</c>, <c>void</c>.</summary>
    public static string Word(this InvoiceStatus status) => status switch
    {
        InvoiceStatus.Draft => "draft",
        InvoiceStatus.Issued => "issued",
        InvoiceStatus.Paid => "paid",
        InvoiceStatus.Overdue => "overdue",
        InvoiceStatus.Void => "void",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "There is no such status."),
    };

    /// <summary>The status that a word of the API stands for.</summary>
    public static bool TryParse(string? word, out InvoiceStatus status)
    {
        foreach (var each in Enum.GetValues<InvoiceStatus>())
        {
            if (Word(each) == word)
            {
                status = each;
                return true;
            }
        }

        status = default;
        return false;
    }
}
