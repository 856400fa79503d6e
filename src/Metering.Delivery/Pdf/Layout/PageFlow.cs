using Metering.Delivery.Pdf.Writing;

namespace Metering.Delivery.Pdf.Layout;

/// <summary>The pages of a document while it is laid out, from top to bottom, and the place that is reached. In points.</summary>
internal sealed class PageFlow
{
    /// <summary>The margin on all four sides.</summary>
    public const double Margin = 48;

    /// <summary>What the footer takes above the lower margin.</summary>
    private const double FooterHeight = 24;

    private readonly double width;
    private readonly double height;
    private readonly List<PdfCanvas> pages = [];

    public PageFlow(double width, double height, PdfFontSet fonts, PrintedMark? mark)
    {
        this.width = width;
        this.height = height;
        Fonts = fonts;
        Mark = mark;
        Page = Begin();
    }

    public PdfFontSet Fonts { get; }

    public IReadOnlyList<PdfCanvas> Pages => pages;

    /// <summary>The last page.</summary>
    public PdfCanvas Page { get; private set; }

    /// <summary>How far down the page is full.</summary>
    public double Y { get; set; }

    public double Left => Margin;

    public double Right => width - Margin;

    public double ContentWidth => width - 2 * Margin;

    /// <summary>How much is left of the page above the footer.</summary>
    public double Space => Bottom - Y;

    /// <summary>How much a page holds that has nothing on it.</summary>
    public double WholePage => Bottom - Margin;

    /// <summary>Where the footer's line of text stands.</summary>
    public double FooterY => height - Margin + 8;

    private double Bottom => height - Margin - FooterHeight + 12;

    private PrintedMark? Mark { get; }

    /// <summary>Goes on to a further page where less than this is left. True where it did.</summary>
    public bool Need(double space)
    {
        if (Space >= space)
            return false;
        NextPage();
        return true;
    }

    public void NextPage() => Page = Begin();

    private PdfCanvas Begin()
    {
        var page = new PdfCanvas(width, height, Fonts);
        if (Mark is { IsAcross: true })
            page.Watermark(Mark.Text, new TextStyle(Math.Min(150, 640.0 / Mark.Text.Length), true, Look.Pale));
        pages.Add(page);
        Y = Margin;
        return page;
    }
}
