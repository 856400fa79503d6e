using Metering.Delivery.Pdf.Writing;

namespace Metering.Delivery.Pdf.Layout;

/// <summary>The colours and styles of documents; legible printed in black and white.</summary>
internal static class Look
{
    public static readonly Ink Dark = new(0x1A, 0x1F, 0x2B);
    public static readonly Ink Grey = new(0x5F, 0x67, 0x74);
    public static readonly Ink Rule = new(0xC9, 0xCE, 0xD6);
    public static readonly Ink Shade = new(0xF2, 0xF4, 0xF7);

    /// <summary>Of a mark across the page: text on it stays legible.</summary>
    public static readonly Ink Pale = new(0xEE, 0xEF, 0xF2);

    public static readonly TextStyle Title = new(24, true, Dark);
    public static readonly TextStyle SellerName = new(15, true, Dark);
    public static readonly TextStyle Headline = new(15, true, Dark);
    public static readonly TextStyle Heading = new(8, true, Grey);
    public static readonly TextStyle Name = new(10, true, Dark);
    public static readonly TextStyle Body = new(9.5, false, Dark);
    public static readonly TextStyle Aside = new(9.5, false, Grey);
    public static readonly TextStyle Small = new(7, false, Grey);

    /// <summary>From one line of a style to the next.</summary>
    public static double Leading(this TextStyle style) => style.Size * 1.36;

    public static Ink Of(PrintedTone tone) => tone switch
    {
        PrintedTone.Good => new Ink(0x14, 0x72, 0x3A),
        PrintedTone.Bad => new Ink(0xB0, 0x1E, 0x1E),
        _ => Grey,
    };
}
