using Metering.Core.Invoicing;

namespace Metering.Core.Tests.Invoicing;

public sealed class InvoiceStatusTests
{
    [Fact]
    public void Only_the_moves_of_the_status_machine_are_legal()
    {
        var moves = from before in Enum.GetValues<InvoiceStatus>()
                    from after in Enum.GetValues<InvoiceStatus>()
                    where before.CanMoveTo(after)
                    select $"{before.Word()} {after.Word()}";
        Assert.Equal(
            ["draft issued", "issued paid", "issued overdue", "issued void", "overdue paid", "overdue void"], moves);
    }

    [Theory]
    [InlineData("draft", true)]
    [InlineData("void", true)]
    [InlineData("Void", false)]
    [InlineData(null, false)]
    public void Words_of_the_api_are_read(string? word, bool known)
    {
        Assert.Equal(known, InvoiceStatusMoves.TryParse(word, out var status));
        if (known)
            Assert.Equal(word, status.Word());
    }
}
