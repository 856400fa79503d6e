using System.Security.Cryptography;

namespace Metering.Core.Invoicing;

/// <summary>SHA-256 over an invoice's canonical bytes, as 64 lower-case hexadecimal digits.</summary>
/// <remarks>The default is no digest and has no value.</remarks>
public readonly record struct InvoiceDigest
{
    private readonly string? _value;

    private InvoiceDigest(string value) => _value = value;

    /// <exception cref="InvalidOperationException">This is the default.</exception>
    public string Value => _value ?? throw new InvalidOperationException("There is no digest.");

    public static InvoiceDigest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return new InvoiceDigest(Convert.ToHexStringLower(hash));
    }

    /// <summary>False where it is not 64 lower-case hexadecimal digits.</summary>
    public static bool TryCreate(string? value, out InvoiceDigest digest)
    {
        var valid = value is { Length: 2 * SHA256.HashSizeInBytes } && value.All(char.IsAsciiHexDigitLower);
        digest = valid ? new InvoiceDigest(value!) : default;
        return valid;
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToBytes() => Convert.FromHexString(Value);

    public override string ToString() => _value ?? "";
}
