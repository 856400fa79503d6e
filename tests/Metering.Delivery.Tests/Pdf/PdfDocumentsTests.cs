using System.Globalization;
using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Delivery.Pdf;
using Metering.Grid.Documents;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Delivery.Tests.Pdf;

public sealed class PdfDocumentsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("documents-").FullName;

    [Fact]
    public void Invoice_says_who_what_when_and_how_much()
    {
        PdfReader pdf = Print(Samples.Usual(), InvoiceStatus.Issued);

        string text = Assert.Single(pdf.Texts);
        string[] expected =
        [
            "Invoice", "P17-000123", "INV-acme-202501", "Meridian Compute GmbH", "20457 Hamburg",
            "Tax ID: DE 312 456 789", "Acme Corporation",
            "San Francisco, CA 94105", "United States", "Feb 1, 2025", "Mar 3, 2025", "Jan 1 – 31, 2025",
            "EUR\u00A0384.82  due Mar 3, 2025",
            "Participant minutes", "48,211.5", "0.004", "2.50 / 1,000,000", "12.345678901", "Subtotal", "323.38",
            "VAT 19% of 323.38", "61.44",
            "Total", "EUR\u00A0384.82", "Page 1 of 1", $"SHA-256 of its record: {Samples.Usual().Digest.Value}",
        ];
        Assert.All(expected, part => Assert.Contains(part, text.Split('\n')));
        Assert.Contains("groups 812 to 40377", text, StringComparison.Ordinal);
        Assert.Equal("Invoice P17-000123", pdf.Property("Title"));
        Assert.Equal("Meridian Compute GmbH", pdf.Property("Author"));
        Assert.Contains("/CreationDate (D:20250201010007Z)", pdf.Information, StringComparison.Ordinal);
        Assert.Contains("/MediaBox [0 0 595.28 841.89]", pdf.Pages[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_invoice_gives_the_same_bytes_and_another_one_other_bytes()
    {
        byte[] first = Documents().Print(Samples.Usual(), Standing(InvoiceStatus.Issued)).Bytes;
        Assert.Equal(first, Documents().Print(Samples.Usual(), Standing(InvoiceStatus.Issued)).Bytes);
        Assert.NotEqual(first, Documents().Print(Samples.Usual(), Standing(InvoiceStatus.Paid)).Bytes);
    }

    [Theory]
    [InlineData(InvoiceStatus.Draft, "DRAFT", true)]
    [InlineData(InvoiceStatus.Void, "VOID", true)]
    [InlineData(InvoiceStatus.Paid, "PAID", false)]
    [InlineData(InvoiceStatus.Overdue, "OVERDUE", false)]
    public void Mark_says_where_it_stands(InvoiceStatus status, string mark, bool across)
    {
        PdfReader pdf = Print(status == InvoiceStatus.Draft ? Samples.Draft() : Samples.Usual(), status);
        Assert.Equal(across ? 2 : 1, pdf.Texts[0].Split('\n').Count(line => line == mark));
    }

    [Fact]
    public void Draft_has_no_legal_number_and_no_date()
    {
        PdfReader pdf = Print(Samples.Draft(), InvoiceStatus.Draft);
        Assert.DoesNotContain("P17-", pdf.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Issued", pdf.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("CreationDate", pdf.Information, StringComparison.Ordinal);
        Assert.Equal("INV-acme-202501.pdf", Documents().Print(Samples.Draft(), Standing(InvoiceStatus.Draft)).FileName);
    }

    [Theory]
    [InlineData(PaperSize.A4, 3)]
    [InlineData(PaperSize.Letter, 3)]
    public void Long_table_goes_on_with_its_head_on_further_pages(PaperSize paper, int pages)
    {
        Invoice invoice = Samples.Invoice(Enumerable.Range(1, 60).Select(i => Samples.Line($"Meter {i}", "1", "calls", "0.10", "0.10")));

        PdfReader pdf = Print(invoice, InvoiceStatus.Issued, new DocumentOptions { Paper = paper });

        Assert.Equal(pages, pdf.Pages.Count);
        Assert.All(pdf.Texts, (text, index) => Assert.Contains($"Page {index + 1} of {pages}", text, StringComparison.Ordinal));
        Assert.All(pdf.Texts, text => Assert.Single(text.Split('\n'), line => line == "Description"));
        Assert.Equal(
            Enumerable.Range(1, 60).Select(i => $"Meter {i}"),
            pdf.Text.Split('\n').Where(line => line.StartsWith("Meter ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Nothing_stands_outside_the_page_however_long_the_texts_are()
    {
        string endless = string.Concat(Enumerable.Repeat("Supercalifragilisticexpialidocious", 200));
        Invoice invoice = Samples.Invoice(
            [
                Samples.Line(endless, "999999999999999999.123456789", endless[..300], "123456789012345678.987654321", "999999999999999.99"),
                Samples.Line(string.Join(' ', Enumerable.Repeat("lorem ipsum", 500)), "1", "", "-5", "-5.00", LineKind.Adjustment),
            ]).WithBuyer(Samples.Buyer with { LegalName = endless[..400], AddressLines = [endless[..300]] });

        PdfReader pdf = Print(invoice, InvoiceStatus.Issued);

        Assert.InRange(pdf.Pages.Count, 2, 6);
        for (int page = 0; page < pdf.Pages.Count; page++)
        {
            Assert.All(
                pdf.Operators(page).Split('\n').Where(line => line.StartsWith("BT", StringComparison.Ordinal)),
                line =>
                {
                    string[] words = line.Split(' ');
                    int matrix = Array.IndexOf(words, "Tm");
                    Assert.InRange(double.Parse(words[matrix - 2], CultureInfo.InvariantCulture), 47.9, 595.28 - 48);
                    Assert.InRange(double.Parse(words[matrix - 1], CultureInfo.InvariantCulture), 30, 842);
                });
        }

        Assert.Equal(endless, string.Concat(pdf.Text.Split('\n').Where(line => IsPartOf(line, endless))
            .SkipWhile(line => !line.StartsWith("Super", StringComparison.Ordinal)))[^endless.Length..]);
        Assert.Contains("999,999,999,999,999,999.123456789", pdf.Text, StringComparison.Ordinal);
        Assert.Contains("123,456,789,012,345,678.987654321", pdf.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("JPY", "12000", "en", "JPY\u00A012,000", "12,000")]
    [InlineData("JPY", "12000", "ja", "JPY\u00A012,000", "12,000")]
    [InlineData("KWD", "1250.500", "en", "KWD\u00A01,250.500", "1,250.500")]
    [InlineData("EUR", "1250.50", "de", "1.250,50\u00A0EUR", "1.250,50")]
    [InlineData("INR", "1234567.00", "en-IN", "INR\u00A012,34,567.00", "12,34,567.00")]
    public void Money_is_written_as_the_culture_does(string currency, string amount, string culture, string total, string line)
    {
        PdfReader pdf = Print(
            Samples.Invoice([Samples.BaseFee(amount)], currency), InvoiceStatus.Issued,
            new DocumentOptions { Culture = CultureInfo.GetCultureInfo(culture) });
        Assert.Contains(total, pdf.Text.Split('\n'));
        Assert.Contains(line, pdf.Text.Split('\n'));
    }

    [Fact]
    public void Negative_lines_discounts_and_credits_are_shown()
    {
        Invoice invoice = Samples.Invoice(
            [
                Samples.BaseFee(),
                Samples.Line("Late usage of December 2024", "-30", "calls", "0.10", "-3.00", LineKind.Adjustment) with
                {
                    Period = new Period(Samples.At("2024-12-01T00:00:00Z"), Samples.At("2025-01-01T00:00:00Z")),
                },
                Samples.Line("Welcome (10%)", "1", "", "-9.60", "-9.60", LineKind.Discount),
            ]);

        string[] lines = Print(invoice, InvoiceStatus.Overdue, credited: "6.40").Text.Split('\n');

        Assert.All(
            [
                "-3.00", "Dec 1 – 31, 2024", "Before discounts", "96.00", "Discounts", "-9.60", "86.40", "Credit notes", "-6.40",
                "Amount due",
            ],
            part => Assert.Contains(part, lines));
        Assert.Contains("EUR\u00A080.00  was due Mar 3, 2025", lines);
    }

    [Fact]
    public void Taxes_are_added_contained_or_reversed()
    {
        string[] both = Print(
            Samples.Invoice([Samples.BaseFee("121.00")], "EUR", Samples.Vat("10", "110.00", "11.00", inclusive: true),
                Samples.Vat("5", "121.00", "6.05")),
            InvoiceStatus.Issued).Text.Split('\n');
        Assert.Contains("contained: VAT 10% of 110.00", both);
        Assert.Contains("VAT 5% of 121.00", both);
        Assert.Contains("EUR\u00A0127.05", both);

        const string note = "Reverse charge: the buyer accounts for the tax.";
        string[] reversed = Print(
            Samples.Invoice([Samples.BaseFee()]).WithBuyer(Samples.Buyer with { Treatment = TaxTreatment.ReverseCharge })
                with { Notes = [note] },
            InvoiceStatus.Issued).Text.Split('\n');
        Assert.Contains("Tax (reverse charge)", reversed);
        Assert.Contains(note, reversed);
    }

    [Theory]
    [InlineData(InvoiceStatus.Issued, true)]
    [InlineData(InvoiceStatus.Paid, false)]
    [InlineData(InvoiceStatus.Void, false)]
    public void How_to_pay_is_said_while_something_is_to_be_paid(InvoiceStatus status, bool shown)
    {
        PdfReader pdf = Print(Samples.Usual(), status, new DocumentOptions { PaymentNotes = ["IBAN DE89 3704"] });
        Assert.Equal(shown, pdf.Text.Contains("IBAN DE89 3704", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_beyond_latin_are_shown_and_what_no_font_has_is_named()
    {
        const string name = "Παγκόσμια ООО «Ёлка» Ștefănescu Nguyễn";
        PdfReader covered = Print(Samples.Usual().WithBuyer(Samples.Buyer with { LegalName = name }), InvoiceStatus.Issued);
        IEnumerable<string> shown = covered.Text.Split('\n')
            .Where(line => line.Length > 0 && name.Contains(line, StringComparison.Ordinal));
        Assert.Equal(name, string.Join(' ', shown));

        var log = new Messages();
        byte[] bytes = new PdfDocuments(new DocumentOptions(), log)
            .Print(Samples.Usual().WithBuyer(Samples.Buyer with { LegalName = "株式会社 A" }), Standing(InvoiceStatus.Issued)).Bytes;
        string text = new PdfReader(bytes).Text;
        Assert.Contains("\uFFFD\uFFFD\uFFFD\uFFFD A", text, StringComparison.Ordinal);
        Assert.Contains("U+682A", text, StringComparison.Ordinal);
        Assert.Contains("682A", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Days_are_those_of_the_customers_calendar()
    {
        Invoice invoice = Samples.Usual() with
        {
            TimeZone = "America/New_York",
            Period = new Period(Samples.At("2025-03-01T05:00:00Z"), Samples.At("2025-04-01T04:00:00Z")),
            FirstDay = new DateOnly(2025, 3, 1),
            IssuedAt = Samples.At("2025-04-01T03:59:59Z"),
            DueAt = Samples.At("2025-05-01T04:00:00Z"),
        };
        string[] lines = Print(invoice, InvoiceStatus.Issued).Text.Split('\n');
        Assert.All(["Mar 1 – 31, 2025", "Mar 31, 2025", "May 1, 2025"], part => Assert.Contains(part, lines));
    }

    [Fact]
    public void Credit_note_names_its_invoice_reason_and_amounts()
    {
        InvoiceDocument document = Documents().Print(Samples.CreditNote());
        string[] lines = new PdfReader(document.Bytes).Text.Split('\n');
        Assert.Equal("P17-C000001.pdf", document.FileName);
        Assert.All(
            [
                "Credit note", "P17-C000001", "Credit for invoice P17-000123", "Outage on 14 January: the base fee is taken back.", "99.00",
                "VAT 19% of 99.00", "18.81", "Total credited", "EUR\u00A0117.81", "Feb 5, 2025",
            ],
            part => Assert.Contains(part, lines));
    }

    [Fact]
    public void Logo_takes_the_place_of_the_sellers_name()
    {
        string path = Path.Combine(folder, "logo.png");
        File.WriteAllBytes(path, TestPng.Make(width: 30, height: 8, kind: 6));
        PdfReader pdf = Print(Samples.Usual(), InvoiceStatus.Issued, new DocumentOptions { LogoPath = path });
        // The picture and its mask of transparency.
        Assert.Equal(2, pdf.Images);
        Assert.Contains("/Logo Do", pdf.Operators(0), StringComparison.Ordinal);
    }

    [Fact]
    public void All_files_that_cannot_be_used_are_named_at_once()
    {
        string broken = Path.Combine(folder, "broken.ttf");
        File.WriteAllText(broken, "no font");
        var options = new DocumentOptions { LogoPath = Path.Combine(folder, "nowhere.png"), FontPaths = [broken] };
        string message = Assert.Throws<ArgumentException>(() => new PdfDocuments(options, NullLogger<PdfDocuments>.Instance)).Message;
        Assert.Contains("nowhere.png", message, StringComparison.Ordinal);
        Assert.Contains("broken.ttf", message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static bool IsPartOf(string line, string whole) => line.Length > 3 && whole.Contains(line, StringComparison.Ordinal);

    private static InvoiceStanding Standing(InvoiceStatus status, string credited = "0") => new(status, Samples.Of(credited));

    private static PdfDocuments Documents(DocumentOptions? options = null) =>
        new(options ?? new DocumentOptions(), NullLogger<PdfDocuments>.Instance);

    private static PdfReader Print(Invoice invoice, InvoiceStatus status, DocumentOptions? options = null, string credited = "0") =>
        new(Documents(options).Print(invoice, Standing(status, credited)).Bytes);

    private sealed class Messages : ILogger<PdfDocuments>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
