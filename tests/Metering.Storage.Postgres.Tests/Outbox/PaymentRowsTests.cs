using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Journal;
using Metering.Grid.Outbox;
using Metering.Storage.Postgres.Projections;

namespace Metering.Storage.Postgres.Tests.Outbox;

public sealed class PaymentRowsTests
{
    private static readonly Instant at = Instant.UnixEpoch + TimeSpan.FromDays(20_000);

    [Fact]
    public void Issued_invoice_is_pushed() => Assert.Equal(
        ["payment.push inv_a_20250101"], RowsOf(writer => writer.InvoiceIssued("a", InvoiceFormat.Write(OutboxSamples.Invoice(1)))));

    [Theory]
    [InlineData(InvoiceStatus.Overdue, "dunning.begin inv_a_20250101")]
    [InlineData(InvoiceStatus.Paid, "payment.push inv_a_20250101;dunning.end inv_a_20250101")]
    [InlineData(InvoiceStatus.Void, "payment.push inv_a_20250101;dunning.end inv_a_20250101")]
    [InlineData(InvoiceStatus.Issued, "")]
    public void Status_begins_dunning_or_closes_the_gateways_invoice_and_ends_it(InvoiceStatus status, string rows) =>
        Assert.Equal(rows, string.Join(';', RowsOf(writer => writer.InvoiceStatusChanged("inv_a_20250101", status))));

    [Fact]
    public void Credit_note_lowers_the_gateways_invoice() => Assert.Equal(
        ["payment.push inv_a_20250101"],
        RowsOf(writer => writer.CreditNoteIssued("inv_a_20250101", null, CreditNoteFormat.Write(OutboxSamples.Note()))));

    [Fact]
    public void Requested_top_up_is_charged_and_nothing_else_of_a_wallet_is() => Assert.Equal(
        ["payment.top_up top_3"],
        RowsOf(writer =>
        {
            writer.Append(new TopUpRequested(3, Amount.One, at), default);
            writer.Append(new TopUpClosed(3, TopUpState.Confirmed), default);
            writer.Append(new AutoTopUpChanged(null), default);
        }));

    [Fact]
    public void Rows_of_one_place_have_ids_of_their_own_that_follow_from_it()
    {
        List<OutboxMessage> rows = MessagesOf(writer => writer.InvoiceStatusChanged("inv_a_20250101", InvoiceStatus.Paid));
        Assert.Equal(
            [OutboxIds.Event(3, 7, 0, OutboxKinds.PaymentPush), OutboxIds.Event(3, 7, 0, OutboxKinds.DunningEnd)],
            rows.Select(row => row.Id));
        Assert.All(rows, row => Assert.Equal((3, "a", at), (row.Partition, row.CustomerId, row.CreatedAt)));
    }

    private static string[] RowsOf(Action<GroupWriter> write) =>
        [.. MessagesOf(write).Select(row => $"{row.Kind} {row.Data.Split('"')[3]}")];

    private static List<OutboxMessage> MessagesOf(Action<GroupWriter> write)
    {
        var writer = new GroupWriter();
        writer.Begin(7);
        writer.Customer("a", "a"u8, at, 0);
        write(writer);
        var reader = new GroupReader();
        reader.Open(7, writer.Close().ToArray());
        var rows = new List<OutboxMessage>();
        for (var entry = 0; reader.Read(); entry++)
            PaymentRows.Add(rows, reader, 3, entry);
        return rows;
    }
}
