using Metering.Delivery.Mail;

namespace Metering.Delivery.Tests.Mail;

public sealed class MailTemplateTests : IDisposable
{
    private static readonly HashSet<string> names = ["name", "other"];

    private readonly string folder = Directory.CreateTempSubdirectory("mail-templates-").FullName;

    [Theory]
    [InlineData("Hello {{name}}.", "Hello A&B <x>.")]
    [InlineData("{{#name}}yes {{name}}{{/name}}{{#other}}no {{name}}{{/other}}!", "yes A&B <x>!")]
    [InlineData("a\n{{#other}}\nb\n{{/other}}\nc", "a\nc")]
    [InlineData("{name} }} {", "{name} }} {")]
    public void Placeholders_are_filled(string text, string expected) =>
        Assert.Equal(expected, Parse(text, TemplateEscape.None).Fill(new Dictionary<string, string> { ["name"] = "A&B <x>" }));

    [Fact]
    public void Values_in_html_are_escaped_and_never_read_as_templates()
    {
        var values = new Dictionary<string, string> { ["name"] = "<script>\"{{other}}\"</script>\nsecond", ["other"] = "secret" };
        Assert.Equal(
            "&lt;script&gt;&quot;{{other}}&quot;&lt;/script&gt;<br>second", Parse("{{name}}", TemplateEscape.Html).Fill(values));
    }

    [Theory]
    [InlineData("{{nonsense}}", "nonsense")]
    [InlineData("{{#name}}", "no end")]
    [InlineData("{{/name}}", "not begun")]
    [InlineData("{{#name}}{{#other}}{{/other}}{{/name}}", "within")]
    [InlineData("{{ name }}", "without a name")]
    public void Faults_are_named(string text, string fault)
    {
        var faults = new List<string>();
        MailTemplate.Parse(text, TemplateEscape.None, names, faults);
        Assert.Contains(faults, each => each.Contains(fault, StringComparison.Ordinal));
    }

    [Fact]
    public void Shipped_texts_have_no_faults_and_leave_no_placeholder_unfilled()
    {
        MailTemplates templates = MailTemplates.Load(null);
        foreach (MailOccasion occasion in Enum.GetValues<MailOccasion>())
        {
            (string subject, string text, string html) = templates.Fill(
                occasion, new Dictionary<string, string> { ["customer_name"] = "Acme" });
            Assert.NotEmpty(subject);
            Assert.Contains("Hello Acme", text, StringComparison.Ordinal);
            Assert.Contains("Hello Acme", html, StringComparison.Ordinal);
            Assert.DoesNotContain("{{", subject + text + html, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void File_in_the_operators_folder_takes_the_place_of_the_shipped_one()
    {
        File.WriteAllText(Path.Combine(folder, "invoice.subject.txt"), "Rechnung {{invoice_number}}");
        (string subject, string text, _) = MailTemplates.Load(folder).Fill(
            MailOccasion.Invoice, new Dictionary<string, string> { ["invoice_number"] = "P1-000001", ["customer_name"] = "Acme" });
        Assert.Equal("Rechnung P1-000001", subject);
        Assert.StartsWith("Hello Acme", text, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_of_the_operators_folder_are_named_at_once_with_their_files()
    {
        File.WriteAllText(Path.Combine(folder, "invoice.subject.txt"), "{{customer_nmae}}");
        File.WriteAllText(Path.Combine(folder, "alert.body.html"), "{{#metric}}");
        File.WriteAllText(Path.Combine(folder, "invoce.body.txt"), "misnamed");
        string message = Assert.Throws<ArgumentException>(() => MailTemplates.Load(folder)).Message;
        Assert.All(["customer_nmae", "alert.body.html", "invoce.body.txt"],
            part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Folder_that_is_not_there_is_a_fault() =>
        Assert.Throws<ArgumentException>(() => MailTemplates.Load(Path.Combine(folder, "nowhere")));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static MailTemplate Parse(string text, TemplateEscape escape)
    {
        var faults = new List<string>();
        MailTemplate template = MailTemplate.Parse(text, escape, names, faults);
        Assert.Empty(faults);
        return template;
    }
}
