using Metering.Delivery.Pdf.Writing;

namespace Metering.Delivery.Pdf.Layout;

/// <summary>
/// The table of lines. Columns of figures are as wide as their widest figure, the description takes the rest; where that is too little,
/// all is
/// set smaller. A page break repeats the head; a line is kept together unless it is longer than half a page.
/// </summary>
internal sealed class TableSection
{
    private const double Padding = 10;
    private const double UnitWidthMost = 78;
    private const double DescriptionLeast = 150;
    private const double SmallestSize = 5.5;
    private const double RowPadding = 4.5;

    private readonly PageFlow flow;
    private readonly PrintedDocument document;
    private readonly TextStyle body;
    private readonly TextStyle detail;
    private readonly TextStyle head;
    private readonly double amountRight;
    private readonly double priceRight;
    private readonly double unitLeft;
    private readonly double unitWidth;
    private readonly double quantityRight;
    private readonly double descriptionWidth;

    private TableSection(PageFlow flow, PrintedDocument document)
    {
        this.flow = flow;
        this.document = document;
        double size = 9.5;
        double amount, price, quantity;
        do
        {
            size -= 0.5;
            body = new TextStyle(size, false, Look.Dark);
            head = new TextStyle(Math.Min(8, size), true, Look.Grey);
            amount = Widest(document.Lines.Select(line => line.Amount), 4);
            price = Widest(document.Lines.Select(line => line.UnitPrice), 3);
            quantity = Widest(document.Lines.Select(line => line.Quantity), 1);
            unitWidth = Math.Min(UnitWidthMost, Widest(document.Lines.Select(line => line.Unit), 2));
            descriptionWidth = flow.ContentWidth - amount - price - quantity - unitWidth - 5 * Padding;
        }
        while (descriptionWidth < DescriptionLeast && size > SmallestSize);

        detail = new TextStyle(Math.Max(SmallestSize, size - 1.5), false, Look.Grey);
        amountRight = flow.Right - Padding / 2;
        priceRight = amountRight - amount - Padding;
        unitLeft = priceRight - price - Padding - unitWidth;
        quantityRight = unitLeft - Padding / 2;
    }

    public static void Draw(PageFlow flow, PrintedDocument document)
    {
        var table = new TableSection(flow, document);
        flow.Need(80);
        table.DrawHead();
        foreach (PrintedLine line in document.Lines)
            table.DrawLine(line);
    }

    private double Widest(IEnumerable<string> texts, int column) =>
        Math.Max(
            flow.Fonts.Width(document.Columns[column], head.IsBold) * head.Size,
            texts.Select(text => flow.Fonts.Width(text, body.IsBold) * body.Size).DefaultIfEmpty().Max());

    private void DrawHead()
    {
        double height = head.Leading() + 8;
        flow.Page.Fill(flow.Left, flow.Y, flow.ContentWidth, height, Look.Shade);
        double y = flow.Y + height / 2 + head.Size * 0.36;
        flow.Page.Text(document.Columns[0], flow.Left + Padding / 2, y, head);
        flow.Page.Text(document.Columns[1], quantityRight, y, head, Alignment.Right);
        flow.Page.Text(document.Columns[2], unitLeft, y, head);
        flow.Page.Text(document.Columns[3], priceRight, y, head, Alignment.Right);
        flow.Page.Text(document.Columns[4], amountRight, y, head, Alignment.Right);
        flow.Y += height;
    }

    private void DrawLine(PrintedLine line)
    {
        IReadOnlyList<string> description = TextWrap.Lines(flow.Fonts, line.Description, body, descriptionWidth);
        IReadOnlyList<string> details = line.Detail.Length == 0 ? [] : TextWrap.Lines(flow.Fonts, line.Detail, detail, descriptionWidth);
        IReadOnlyList<string> units = TextWrap.Lines(flow.Fonts, line.Unit, body, unitWidth + 0.01);
        double height = Math.Max(description.Count * body.Leading() + details.Count * detail.Leading(), units.Count * body.Leading())
            + 2 * RowPadding;
        if (flow.Need(Math.Min(height, flow.WholePage / 2)))
            DrawHead();

        flow.Y += RowPadding;
        double first = flow.Y + body.Leading() - body.Size * 0.36;
        flow.Page.Text(line.Quantity, quantityRight, first, body, Alignment.Right);
        flow.Page.Text(line.UnitPrice, priceRight, first, body, Alignment.Right);
        flow.Page.Text(line.Amount, amountRight, first, body, Alignment.Right);
        double unitY = first - body.Leading();
        foreach (string unit in units)
            flow.Page.Text(unit, unitLeft, unitY += body.Leading(), body);
        double top = flow.Y;
        PdfCanvas page = flow.Page;
        DrawTexts(description, body);
        DrawTexts(details, detail);
        if (page == flow.Page)
            flow.Y = Math.Max(flow.Y, top + units.Count * body.Leading());
        flow.Y += RowPadding;
        flow.Page.Line(flow.Left, flow.Y, flow.Right, flow.Y, 0.5, Look.Rule);
    }

    private void DrawTexts(IReadOnlyList<string> lines, TextStyle style)
    {
        foreach (string text in lines)
        {
            if (flow.Need(style.Leading() + RowPadding))
            {
                DrawHead();
                flow.Y += RowPadding;
            }

            flow.Y += style.Leading();
            flow.Page.Text(text, flow.Left + Padding / 2, flow.Y - style.Size * 0.36, style);
        }
    }
}
