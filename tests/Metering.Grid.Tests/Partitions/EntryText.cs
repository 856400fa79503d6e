using System.Text;
using Metering.Core.Invoicing;
using Metering.Core.Wallets;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;

namespace Metering.Grid.Tests.Partitions;

/// <summary>Journal entries in words.</summary>
internal static class EntryText
{
    public static List<string> Of(long sequence, byte[] body)
    {
        var lines = new List<string>();
        var reader = new GroupReader();
        reader.Open(sequence, body);
        while (reader.Read())
            lines.Add($"{reader.CustomerId} {reader.At} +{reader.HourAlignment} {Of(reader)}");
        return lines;
    }

    private static string Of(GroupReader reader) => reader.Kind switch
    {
        EntryKind.Event => $"event {reader.Ordinal} {reader.ProjectId} "
            + $"{reader.SourceText}/{Encoding.UTF8.GetString(reader.Id)} {reader.Time} "
            + $"{reader.Digest:x16} {reader.Shape.Type} counted {reader.Counted} folded {reader.Folded} credits {reader.Credits} "
            + (reader.Overage.IsZero ? "" : $"overage {reader.Overage}{(reader.IsOverageOwn ? " own" : "")} ")
            + $"[{string.Join(' ', Values(reader))}]",
        EntryKind.Wallet => $"{Of(reader.Wallet)} #{reader.Stamp.Number} {reader.Stamp.Before}->{reader.Stamp.After}",
        EntryKind.CustomerOpened => $"opened {reader.Status} {reader.TimeZone}",
        EntryKind.CustomerAnchored => $"anchored on day {reader.AnchorDay}",
        EntryKind.StatusChanged => $"status {reader.Status}",
        EntryKind.ProjectOpened => $"project {reader.ProjectId} {reader.Plan} v{reader.PlanVersion}",
        EntryKind.PlanChanged => $"plan {reader.ProjectId} {reader.Plan} v{reader.PlanVersion} {reader.When}",
        EntryKind.PeriodOpened => $"period {reader.ProjectId} {reader.Period} from {reader.SegmentStart}",
        EntryKind.PeriodClosed => $"closed {reader.ProjectId} {reader.Period.Start}",
        EntryKind.LimitOpened => $"limit {reader.ProjectId} {reader.Meter} {reader.Aggregation} {reader.PeriodKind} {reader.Period}",
        EntryKind.AlertRaised => $"alert {reader.ProjectId} {reader.Meter} {reader.PeriodKind} {reader.Period.Start} {reader.Threshold}% "
            + $"{reader.Used} of {reader.Max}",
        EntryKind.InvoiceIssued => $"invoice {reader.ProjectId} {Of(reader.ReadInvoice())}",
        EntryKind.InvoiceStatusChanged => $"invoice {reader.InvoiceId} {reader.InvoiceStatus}",
        EntryKind.CreditNoteIssued => $"credit note {reader.ReadCreditNote().Number} of {reader.InvoiceId} {reader.ReadCreditNote().Total} "
            + $"key {reader.Idempotency?.Key:x}",
        EntryKind.CouponApplied => $"coupon {reader.ReadAppliedCoupon().Coupon.Id} left {reader.ReadAppliedCoupon().InvoicesLeft}",
        EntryKind.CouponRemoved => $"coupon {reader.Coupon} removed",
        EntryKind.InvoicePushed => $"pushed {reader.InvoiceId} as '{reader.ExternalId}' [{string.Join(' ', reader.PushedLines)}]",
        _ => throw new ArgumentException($"No words for {reader.Kind}."),
    };

    private static string Of(Invoice invoice) => $"{invoice.LegalNumber} {invoice.Id} {invoice.Total} due {invoice.DueAt} "
        + $"{invoice.Positions.From}-{invoice.Positions.To} {invoice.Digest}";

    // The time of the event is said where it is not that of the answer.
    private static string Of(WalletResult result) => result.TakenAt == result.At
        ? result.ToString().Replace($", {nameof(result.TakenAt)} = {result.At}", "", StringComparison.Ordinal)
        : result.ToString();

    private static string Of(WalletEvent change) => change switch
    {
        CreditsBurned e => $"burned {e.Total} overage {e.Overage} events {e.Events} [{Of(e.Draws)}]",
        HoldCreated e => $"hold {e.Id} {e.Number} {e.Amount} until {e.ExpiresAt} [{Of(e.Draws)}]",
        HoldRaised e => $"raised {e.Id} {e.By} [{Of(e.Draws)}]",
        CreditsRemoved e => $"removed {e.Amount} [{Of(e.Draws)}] {e.Reason}",
        AnswerRemembered e => $"answer {e.Key:x} {e.BodyDigest:x} {Of(e.Result)}",
        _ => change.ToString(),
    };

    private static string Of(IReadOnlyList<GrantDraw> draws) => string.Join(' ', draws.Select(draw => $"{draw.Grant}:{draw.Amount}"));

    private static List<string> Values(GroupReader reader)
    {
        var values = new List<string>();
        for (int i = 0; i < reader.Values.Length; i++)
        {
            PropertyValue value = reader.Values[i];
            string text = Encoding.UTF8.GetString(reader.Body.Slice(value.Text.Start, value.Text.Length));
            values.Add($"{reader.Shape.Properties[i]}={value.Kind switch
            {
                PropertyKind.Number => value.Number.ToString(),
                PropertyKind.Text when !value.Number.IsZero => $"'{text}'({value.Number})",
                PropertyKind.Text => $"'{text}'",
                _ => value.Kind.ToString(),
            }}");
        }

        return values;
    }
}
