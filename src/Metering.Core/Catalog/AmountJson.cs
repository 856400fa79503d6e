using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Metering.Core.Money;

namespace Metering.Core.Catalog;

/// <summary>Amounts of the catalogue: strings or numbers on the way in, strings on the way out. None of them may be negative.</summary>
internal static class AmountJson
{
    public static Amount? Read(JsonElement element, string path, FaultList faults)
    {
        if (!TryRead(element, out var amount, out var status))
        {
            faults.Add(path, "Must be a decimal, as a string or a number.");
            return null;
        }

        if (status != ParseStatus.Ok || amount.IsNegative)
        {
            faults.Add(path, status switch
            {
                ParseStatus.OutOfRange => "Has more than 18 digits before the point.",
                ParseStatus.TooPrecise => "Has more than 9 digits after the point.",
                ParseStatus.Malformed => "Must be a decimal, as a string or a number.",
                _ => "Must not be negative.",
            });
            return null;
        }

        return amount;
    }

    /// <summary>False for what is neither a string nor a number. The sign is not judged.</summary>
    public static bool TryRead(JsonElement element, out Amount amount, out ParseStatus status)
    {
        amount = default;
        status = ParseStatus.Malformed;
        switch (element.ValueKind)
        {
            case JsonValueKind.Number:
                // A price is configuration: one with more decimals than are kept is refused, never rounded.
                status = AmountParse.Text(JsonMarshal.GetRawUtf8Value(element), out amount);
                return true;
            case JsonValueKind.String:
                status = AmountParse.Text(Encoding.UTF8.GetBytes(element.GetString()!), out amount);
                return true;
            default:
                return false;
        }
    }

    public static void Write(Utf8JsonWriter writer, string name, Amount amount)
    {
        Span<byte> utf8 = stackalloc byte[Money.Amount.MaxLength];
        amount.TryFormat(utf8, out var written);
        writer.WriteString(name, utf8[..written]);
    }

    public static void WriteUnlessZero(Utf8JsonWriter writer, string name, Amount amount)
    {
        if (!amount.IsZero)
            Write(writer, name, amount);
    }
}
