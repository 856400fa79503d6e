using System.Text;

namespace Metering.Delivery.Mail;

/// <summary>The occasions of mails.</summary>
public enum MailOccasion
{
    /// <summary>An invoice was issued.</summary>
    Invoice,

    /// <summary>An invoice is not paid.</summary>
    Reminder,

    /// <summary>A credit note was issued.</summary>
    CreditNote,

    /// <summary>A wallet is low.</summary>
    WalletLow,

    /// <summary>Usage has reached a threshold.</summary>
    Alert,
}

/// <summary>
/// The texts of mails: three files an occasion, <c>invoice.subject.txt</c>, <c>invoice.body.txt</c>, <c>invoice.body.html</c>. A file of
/// the same
/// name in the operator's folder takes the place of the one that is shipped.
/// </summary>
internal sealed class MailTemplates
{
    private static readonly string[] common = ["customer_id", "customer_name", "seller_name", "seller_email"];
    private static readonly string[] ofInvoice =
    [
        "invoice_number", "reference", "project_id", "period", "issued", "due", "total", "amount_due", "payment_notes",
    ];

    private static readonly Dictionary<MailOccasion, (string File, string[] Names)> occasions = new()
    {
        [MailOccasion.Invoice] = ("invoice", ofInvoice),
        [MailOccasion.Reminder] = ("reminder", ofInvoice),
        [MailOccasion.CreditNote] = ("credit_note", ["credit_note_number", "invoice_number", "project_id", "issued", "total", "reason"]),
        [MailOccasion.WalletLow] = ("wallet_low", ["available", "threshold"]),
        [MailOccasion.Alert] =
            ("alert", ["project_id", "metric", "severity", "message", "current_usage", "limit", "percentage", "threshold", "limit_period"]),
    };

    private readonly Dictionary<MailOccasion, (MailTemplate Subject, MailTemplate Text, MailTemplate Html)> templates = [];

    private MailTemplates()
    {
    }

    /// <summary>Reads all templates.</summary>
    /// <param name="folder">The operator's folder; null for the shipped texts alone.</param>
    /// <exception cref="ArgumentException">A template has faults, or the folder holds a file that is none; all are named at
    /// once.</exception>
    public static MailTemplates Load(string? folder)
    {
        var faults = new List<string>();
        var loaded = new MailTemplates();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach ((MailOccasion occasion, (string file, string[] names)) in occasions)
        {
            HashSet<string> allowed = [.. common, .. names];
            loaded.templates[occasion] = (
                Read(folder, $"{file}.subject.txt", TemplateEscape.None, allowed, known, faults),
                Read(folder, $"{file}.body.txt", TemplateEscape.None, allowed, known, faults),
                Read(folder, $"{file}.body.html", TemplateEscape.Html, allowed, known, faults));
        }

        if (folder is not null && !Directory.Exists(folder))
            faults.Add($"There is no folder {folder} of mail templates.");
        else if (folder is not null)
            faults.AddRange(Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).Where(name => IsMisnamed(name, known))
                .Select(name => $"{Path.Combine(folder, name)} is no template; there are: {string.Join(", ", known.Order())}."));
        return faults.Count == 0 ? loaded : throw new ArgumentException(string.Join(' ', faults));
    }

    /// <summary>The three texts of an occasion.</summary>
    public (string Subject, string Text, string Html) Fill(MailOccasion occasion, IReadOnlyDictionary<string, string> values)
    {
        (MailTemplate subject, MailTemplate text, MailTemplate html) = templates[occasion];
        return (subject.Fill(values).Trim(), text.Fill(values), html.Fill(values));
    }

    private static MailTemplate Read(
        string? folder, string name, TemplateEscape escape, HashSet<string> names, HashSet<string> known, List<string> faults)
    {
        known.Add(name);
        string? own = folder is null ? null : Path.Combine(folder, name);
        var found = new List<string>();
        string text = "";
        try
        {
            text = own is not null && File.Exists(own) ? File.ReadAllText(own, Encoding.UTF8) : Shipped(name);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            found.Add(wrong.Message);
        }

        MailTemplate template = MailTemplate.Parse(text.ReplaceLineEndings("\n"), escape, names, found);
        faults.AddRange(found.Select(fault => $"{own ?? name}: {fault}"));
        return template;
    }

    // A misspelt name would leave the shipped text in force without a word.
    private static bool IsMisnamed(string name, HashSet<string> known) =>
        (name.EndsWith(".txt", StringComparison.Ordinal) || name.EndsWith(".html", StringComparison.Ordinal)) && !known.Contains(name);

    private static string Shipped(string name)
    {
        using Stream resource = typeof(MailTemplates).Assembly.GetManifestResourceStream($"mail.{name}")
            ?? throw new InvalidOperationException($"The template {name} is not in the assembly.");
        using var reader = new StreamReader(resource, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
