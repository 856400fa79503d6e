using Metering.Delivery.Pdf.Writing;

namespace Metering.Delivery.Pdf.Layout;

/// <summary>The top of the first page: logo or seller's name, title and mark, both parties, numbers and dates, the amount that
/// matters.</summary>
internal static class HeaderSection
{
    private const double LogoWidth = 190;
    private const double LogoHeight = 52;
    private const double Gap = 22;

    public static void Draw(PageFlow flow, PrintedDocument document, PngImage? logo, string logoResource)
    {
        double top = flow.Y;
        double left = DrawSender(flow, document, logo, logoResource, top);
        double right = DrawTitle(flow, document, top);
        flow.Y = Math.Max(left, right) + Gap;
        DrawParties(flow, document);
        DrawHeadline(flow, document);
    }

    private static double DrawSender(PageFlow flow, PrintedDocument document, PngImage? logo, string resource, double top)
    {
        if (logo is not null)
        {
            double scale = Math.Min(LogoWidth / logo.Width, LogoHeight / logo.Height);
            flow.Page.Image(resource, flow.Left, top, logo.Width * scale, logo.Height * scale);
            return top + logo.Height * scale;
        }

        double y = top;
        foreach (string line in TextWrap.Lines(flow.Fonts, document.Seller.Name, Look.SellerName, flow.ContentWidth * 0.5))
        {
            y += Look.SellerName.Leading();
            flow.Page.Text(line, flow.Left, y - 3, Look.SellerName);
        }

        return y;
    }

    private static double DrawTitle(PageFlow flow, PrintedDocument document, double top)
    {
        double baseline = top + Look.Title.Size * 0.82;
        flow.Page.Text(document.Title, flow.Right, baseline, Look.Title, Alignment.Right);
        double y = baseline + 18;
        flow.Page.Text(document.Number, flow.Right, y, Look.Aside, Alignment.Right);
        if (document.Mark is not { } mark)
            return y;

        var style = new TextStyle(9.5, true, Look.Of(mark.Tone));
        double width = flow.Fonts.Width(mark.Text, style.IsBold) * style.Size + 16;
        flow.Page.Frame(flow.Right - width, y + 9, width, 18, 1.2, style.Ink);
        flow.Page.Text(mark.Text, flow.Right - width / 2, y + 21.5, style, Alignment.Center);
        return y + 27;
    }

    private static void DrawParties(PageFlow flow, PrintedDocument document)
    {
        double factsWidth = flow.ContentWidth * 0.36;
        double partyWidth = (flow.ContentWidth - factsWidth - 2 * 18) / 2;
        double top = flow.Y;
        double first = DrawParty(flow, document.Seller, flow.Left, partyWidth, top);
        double second = DrawParty(flow, document.Buyer, flow.Left + partyWidth + 18, partyWidth, top);
        double third = DrawFacts(flow, document, flow.Right - factsWidth, factsWidth, top);
        flow.Y = Math.Max(first, Math.Max(second, third)) + Gap;
    }

    private static double DrawParty(PageFlow flow, PrintedParty party, double x, double width, double top)
    {
        double y = top + Look.Heading.Size;
        flow.Page.Text(party.Heading.ToUpperInvariant(), x, y, Look.Heading);
        y += 3;
        foreach (string line in TextWrap.Lines(flow.Fonts, party.Name, Look.Name, width))
            flow.Page.Text(line, x, y += Look.Name.Leading(), Look.Name);
        foreach (string line in party.Lines.SelectMany(text => TextWrap.Lines(flow.Fonts, text, Look.Body, width)))
            flow.Page.Text(line, x, y += Look.Body.Leading(), Look.Body);
        return y;
    }

    private static double DrawFacts(PageFlow flow, PrintedDocument document, double x, double width, double top)
    {
        double labels = Math.Min(
            width * 0.5, document.Facts.Max(fact => flow.Fonts.Width(fact.Label, Look.Aside.IsBold)) * Look.Aside.Size + 10);
        double y = top - 3.5;
        foreach (PrintedFact fact in document.Facts)
        {
            flow.Page.Text(fact.Label, x, y + Look.Body.Leading(), Look.Aside);
            foreach (string line in TextWrap.Lines(flow.Fonts, fact.Value, Look.Body, width - labels))
                flow.Page.Text(line, flow.Right, y += Look.Body.Leading(), Look.Body, Alignment.Right);
            y += 1.5;
        }

        return y;
    }

    private static void DrawHeadline(PageFlow flow, PrintedDocument document)
    {
        string text = document.Headline.Label.Length == 0
            ? document.Headline.Value
            : $"{document.Headline.Value}  {document.Headline.Label}";
        foreach (string line in TextWrap.Lines(flow.Fonts, text, Look.Headline, flow.ContentWidth))
        {
            flow.Need(Look.Headline.Leading());
            flow.Page.Text(line, flow.Left, flow.Y += Look.Headline.Leading(), Look.Headline);
        }

        flow.Y += 14;
    }
}
