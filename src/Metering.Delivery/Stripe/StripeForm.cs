using System.Globalization;

namespace Metering.Delivery.Stripe;

/// <summary>
/// The fields of a request as Stripe takes them: form-encoded, members of an object as <c>metadata[invoice_id]</c>, of a list as
/// <c>lines[0][invoice_item]</c>.
/// </summary>
internal sealed class StripeForm
{
    /// <summary>The longest text that Stripe keeps as a description or as a value of metadata.</summary>
    private const int TextMax = 500;

    private readonly List<KeyValuePair<string, string>> fields = [];

    public IReadOnlyList<KeyValuePair<string, string>> Fields => fields;

    public StripeForm Add(string name, string value)
    {
        fields.Add(new KeyValuePair<string, string>(name, value));
        return this;
    }

    public StripeForm Add(string name, long value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    public StripeForm Add(string name, bool value) => Add(name, value ? "true" : "false");

    /// <summary>A text for people; what is too long for Stripe is cut off.</summary>
    public StripeForm AddText(string name, string value) => Add(name, value.Length <= TextMax ? value : value[..TextMax]);

    public StripeForm AddMetadata(string name, string value) => Add($"metadata[{name}]", value);

    /// <summary>The fields as a query, with its question mark.</summary>
    public string ToQuery() => fields.Count == 0
        ? ""
        : "?" + string.Join('&', fields.Select(field => $"{Uri.EscapeDataString(field.Key)}={Uri.EscapeDataString(field.Value)}"));
}
