using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Metering.Delivery.Mail;

/// <summary>
/// One address for mails, without name: <c>local@domain</c>. Quoted local parts, comments and address literals are not taken, nor
/// anything that
/// could end a header or a command.
/// </summary>
public sealed record MailAddress
{
    private const int LocalMax = 64;
    private const int WholeMax = 254;

    private static readonly IdnMapping international = new() { UseStd3AsciiRules = true };

    private MailAddress(string local, string domain) => (Address, Domain) = ($"{local}@{domain}", domain);

    /// <summary>As it goes into a command; the domain in ASCII.</summary>
    public string Address { get; }

    /// <summary>In ASCII, lower case.</summary>
    public string Domain { get; }

    /// <summary>Whether it can be used with every server.</summary>
    public bool IsAscii => System.Text.Ascii.IsValid(Address);

    public static bool TryParse(string? text, [NotNullWhen(true)] out MailAddress? address)
    {
        address = null;
        string trimmed = text?.Trim() ?? "";
        int at = trimmed.LastIndexOf('@');
        if (at <= 0 || trimmed.Length > WholeMax)
            return false;
        string local = trimmed[..at];
        if (local.Length > LocalMax || !local.All(IsOfLocal) || local.StartsWith('.') || local.EndsWith('.')
            || local.Contains("..", StringComparison.Ordinal))
            return false;
        try
        {
            string domain = international.GetAscii(trimmed[(at + 1)..]).ToLowerInvariant();
            if (domain.Length == 0 || domain.EndsWith('.') || domain.Length > WholeMax)
                return false;
            address = new MailAddress(local, domain);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    public override string ToString() => Address;

    // The letters of a dot-atom (RFC 5322, 3.2.3), and beyond ASCII those that have a form (RFC 6532).
    private static bool IsOfLocal(char letter) =>
        char.IsAscii(letter)
            ? char.IsAsciiLetterOrDigit(letter) || ".!#$%&'*+-/=?^_`{|}~".Contains(letter, StringComparison.Ordinal)
            : char.IsLetterOrDigit(letter) || char.IsSurrogate(letter);
}
