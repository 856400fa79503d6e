namespace Metering.Delivery.Pdf.Fonts;

/// <summary>The fonts inside the assembly, so that a document looks the same on every machine, also on one without fonts.</summary>
internal static class ShippedFonts
{
    private static readonly Lazy<TrueTypeFont> regular = new(() => Load("NotoSans-Regular"));
    private static readonly Lazy<TrueTypeFont> bold = new(() => Load("NotoSans-Bold"));

    public static TrueTypeFont Regular => regular.Value;

    public static TrueTypeFont Bold => bold.Value;

    private static TrueTypeFont Load(string name)
    {
        using Stream resource = typeof(ShippedFonts).Assembly.GetManifestResourceStream(name + ".ttf")
            ?? throw new InvalidOperationException($"The font {name} is not in the assembly.");
        byte[] data = new byte[resource.Length];
        resource.ReadExactly(data);
        return TrueTypeFont.Read(name, data);
    }
}
