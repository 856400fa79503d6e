using Metering.Core.Ids;

namespace Metering.Core.Tests.Ids;

public sealed class InvoiceIdTests
{
    private static readonly ProjectId Project = ProjectId.Parse("org_1-a");
    private static readonly DateOnly Day = new(2025, 1, 17);

    [Fact]
    public void Id_names_the_project_and_the_first_day()
    {
        var id = InvoiceId.Of(Project, Day);
        Assert.Equal("inv_org_1-a_20250117", id.Value);
        Assert.Equal((Project, Day), (id.Project, id.FirstDay));
        Assert.Equal(id, InvoiceId.Parse(id.Value));
        var longest = InvoiceId.Of(ProjectId.Parse(new string('x', 256)), Day);
        Assert.Equal(longest, InvoiceId.Parse(longest.Value));
    }

    [Theory]
    [InlineData("inv__20250117")]
    [InlineData("inv_p_20250132")]
    [InlineData("inv_p_2025011")]
    [InlineData("INV_p_20250117")]
    [InlineData("inv_p-20250117")]
    [InlineData("inv_a\nb_20250117")]
    [InlineData("")]
    [InlineData(null)]
    public void Other_text_is_no_id(string? text)
    {
        Assert.False(InvoiceId.TryCreate(text, out var id));
        Assert.True(id.IsDefault);
    }

    [Fact]
    public void Number_names_the_project_and_the_month()
    {
        var number = InvoiceNumber.Of(Project, Day);
        Assert.Equal("INV-org_1-a-202501", number.Value);
        Assert.Equal(number, InvoiceNumber.Parse(number.Value));
        Assert.False(InvoiceNumber.TryCreate("INV-p-202513", out _));
        Assert.False(InvoiceNumber.TryCreate("INV--202501", out _));
        Assert.False(InvoiceNumber.TryCreate(null, out _));
    }

    [Theory]
    [InlineData(17, 123, "P17-000123", "P17-C000123")]
    [InlineData(5, 1, "P05-000001", "P05-C000001")]
    [InlineData(128, 12345678, "P128-12345678", "P128-C12345678")]
    public void Numbers_of_a_series_are_read_as_they_are_written(int partition, long sequence, string legal, string note)
    {
        Assert.Equal(legal, new LegalNumber(partition, sequence).ToString());
        Assert.Equal(new LegalNumber(partition, sequence), LegalNumber.Parse(legal));
        Assert.Equal(note, new CreditNoteNumber(partition, sequence).ToString());
        Assert.Equal(new CreditNoteNumber(partition, sequence), CreditNoteNumber.Parse(note));
        Assert.False(LegalNumber.TryCreate(note, out _));
        Assert.False(CreditNoteNumber.TryCreate(legal, out _));
    }

    [Theory]
    [InlineData("P5-000001")]
    [InlineData("P17-123")]
    [InlineData("P17-0000123")]
    [InlineData("P17-000000")]
    [InlineData("P17 000123")]
    [InlineData("X17-000123")]
    [InlineData("P-000123")]
    [InlineData(null)]
    public void A_series_has_one_text_a_number(string? text) => Assert.False(LegalNumber.TryCreate(text, out _));
}
