using System.Globalization;
using System.Text.Json;
using Metering.Core.Time;
using Metering.Grid.Payments;

namespace Metering.Delivery.Stripe;

/// <summary>Invoices: found or made as drafts, given their lines, closed, paid, voided.</summary>
internal sealed partial class StripeGateway
{
    /// <inheritdoc />
    public async ValueTask<PaymentResult<FoundInvoice>> FindInvoiceAsync(
        string invoiceId, string externalCustomerId, Instant issuedAt, CancellationToken cancellation)
    {
        (StripeReply listed, JsonElement? existing) = await FindAsync(
            "/v1/invoices", Since(externalCustomerId, issuedAt), StripeNames.InvoiceId, invoiceId, cancellation);
        if (!listed.IsOk)
            return Failure<FoundInvoice>(listed);
        return PaymentResult.Done(new FoundInvoice(existing is { } found ? InvoiceOf(found) : null));
    }

    /// <inheritdoc />
    public async ValueTask<PaymentResult<GatewayInvoice>> EnsureInvoiceAsync(InvoiceOrder order, CancellationToken cancellation)
    {
        PaymentResult<FoundInvoice> existing = await FindInvoiceAsync(
            order.InvoiceId, order.ExternalCustomerId, order.IssuedAt, cancellation);
        if (existing.Code != PaymentCode.Done)
            return existing.As<GatewayInvoice>();
        if (existing.Value!.Invoice is { } found)
            return PaymentResult.Done(found);
        StripeForm form = new StripeForm().Add("customer", order.ExternalCustomerId)
            .Add("currency", order.Currency.ToLowerInvariant())
            // Nothing moves but by our calls: neither time nor what else waits at the customer.
            .Add("auto_advance", false).Add("collection_method", "charge_automatically")
            .Add("pending_invoice_items_behavior", "exclude")
            .AddText("description", order.Number)
            .AddMetadata(StripeNames.Cluster, cluster).AddMetadata(StripeNames.InvoiceId, order.InvoiceId)
            .AddMetadata(StripeNames.CustomerId, order.CustomerId);
        StripeReply made = await client.PostAsync(
            "/v1/invoices", form, StripeNames.Key("invoice", cluster, order.InvoiceId), cancellation);
        return made.IsOk ? PaymentResult.Done(InvoiceOf(made.Body)) : Failure<GatewayInvoice>(made);
    }

    /// <inheritdoc />
    public async ValueTask<PaymentResult<GatewayLines>> AddLinesAsync(
        InvoiceOrder order, IReadOnlyList<int> lines, string? externalInvoiceId, CancellationToken cancellation)
    {
        var existing = new Dictionary<string, (string Id, string? Invoice)>(StringComparer.Ordinal);
        StripeReply listed = await client.ListAsync(
            "/v1/invoiceitems", Since(order.ExternalCustomerId, order.IssuedAt),
            item =>
            {
                if (IsOurs(item) && item.Metadata(StripeNames.InvoiceId) == order.InvoiceId
                    && item.Metadata(StripeNames.Line) is { } line && item.Text("id") is { } id)
                    existing.TryAdd(line, (id, item.IdOf("invoice")));
                return false;
            },
            cancellation);
        if (!listed.IsOk)
            return Failure<GatewayLines>(listed);

        if (!TryToUnits(order, out long[] units))
            return PaymentResult.Misconfigured<GatewayLines>($"The invoice {order.InvoiceId} is more than Stripe has digits for.");
        var done = new Dictionary<int, string>();
        foreach (int line in lines)
        {
            StripeReply reply;
            if (!existing.TryGetValue(line.ToString(CultureInfo.InvariantCulture), out (string Id, string? Invoice) item))
                reply = await MakeItemAsync(order, line, units[line], externalInvoiceId, cancellation);
            else if (item.Invoice is null && externalInvoiceId is not null)
                reply = await MoveItemAsync(item.Id, externalInvoiceId, cancellation);
            else
                reply = new StripeReply(StripeOutcome.Ok, default, "");
            if (!reply.IsOk)
                return Failure<GatewayLines>(reply);
            done[line] = item.Id ?? reply.Body.Text("id") ?? "";
        }

        return PaymentResult.Done(new GatewayLines(done));
    }

    /// <inheritdoc />
    public ValueTask<PaymentResult<GatewayInvoice>> FinaliseInvoiceAsync(string externalInvoiceId, CancellationToken cancellation) =>
        MoveInvoiceAsync(
            externalInvoiceId, "finalize", new StripeForm().Add("auto_advance", false),
            StripeNames.Key("finalise", externalInvoiceId), status => status != GatewayInvoiceStatus.Draft, cancellation);

    /// <inheritdoc />
    public async ValueTask<PaymentResult<GatewayInvoice>> PayInvoiceAsync(
        string externalInvoiceId, int attempt, CancellationToken cancellation)
    {
        string key = StripeNames.Key("pay", externalInvoiceId, attempt.ToString(CultureInfo.InvariantCulture));
        StripeReply paid = await client.PostAsync(
            $"{PathOf("invoices", externalInvoiceId)}/pay", new StripeForm().Add("off_session", true), key, cancellation);
        if (paid.IsOk)
            return PaymentResult.Done(InvoiceOf(paid.Body));
        if (paid.Outcome is not (StripeOutcome.InvalidRequest or StripeOutcome.CardDeclined))
            return Failure<GatewayInvoice>(paid);
        // It may have been paid by another way, or be void by now; only then is there nothing to collect.
        StripeReply read = await client.GetAsync(PathOf("invoices", externalInvoiceId), null, cancellation);
        if (!read.IsOk)
            return Failure<GatewayInvoice>(read);
        GatewayInvoice invoice = InvoiceOf(read.Body);
        return invoice.Status switch
        {
            GatewayInvoiceStatus.Paid or GatewayInvoiceStatus.Void => PaymentResult.Done(invoice),
            // What Stripe cannot charge as it stands is the payer's to mend, as with a card that was detached.
            GatewayInvoiceStatus.Open or GatewayInvoiceStatus.Uncollectible =>
                PaymentResult.Declined<GatewayInvoice>(DeclineCodeOf(paid.Body), paid.Reason),
            _ => PaymentResult.Misconfigured<GatewayInvoice>(paid.Reason),
        };
    }

    /// <inheritdoc />
    public ValueTask<PaymentResult<GatewayInvoice>> MarkPaidAsync(string externalInvoiceId, CancellationToken cancellation) =>
        MoveInvoiceAsync(
            externalInvoiceId, "pay", new StripeForm().Add("paid_out_of_band", true), StripeNames.Key("mark-paid", externalInvoiceId),
            status => status is GatewayInvoiceStatus.Paid or GatewayInvoiceStatus.Void, cancellation);

    /// <inheritdoc />
    public async ValueTask<PaymentResult<GatewayInvoice>> VoidInvoiceAsync(string externalInvoiceId, CancellationToken cancellation)
    {
        // A draft cannot be made void; deleting it would set its lines free for another invoice.
        PaymentResult<GatewayInvoice> closed = await FinaliseInvoiceAsync(externalInvoiceId, cancellation);
        if (closed.Code != PaymentCode.Done || closed.Value!.Status is GatewayInvoiceStatus.Paid or GatewayInvoiceStatus.Void)
            return closed;
        return await MoveInvoiceAsync(
            externalInvoiceId, "void", new StripeForm(), StripeNames.Key("void", externalInvoiceId),
            status => status is GatewayInvoiceStatus.Paid or GatewayInvoiceStatus.Void, cancellation);
    }

    private async ValueTask<PaymentResult<GatewayInvoice>> MoveInvoiceAsync(
        string externalInvoiceId, string move, StripeForm form, string key, Func<GatewayInvoiceStatus, bool> isDone,
        CancellationToken cancellation)
    {
        StripeReply read = await client.GetAsync(PathOf("invoices", externalInvoiceId), null, cancellation);
        if (!read.IsOk)
            return Failure<GatewayInvoice>(read);
        if (isDone(InvoiceOf(read.Body).Status))
            return PaymentResult.Done(InvoiceOf(read.Body));
        StripeReply moved = await client.PostAsync($"{PathOf("invoices", externalInvoiceId)}/{move}", form, key, cancellation);
        if (moved.IsOk)
            return PaymentResult.Done(InvoiceOf(moved.Body));
        if (moved.Outcome != StripeOutcome.InvalidRequest)
            return Failure<GatewayInvoice>(moved);
        // Somebody else may have moved it in between.
        StripeReply again = await client.GetAsync(PathOf("invoices", externalInvoiceId), null, cancellation);
        return again.IsOk && isDone(InvoiceOf(again.Body).Status)
            ? PaymentResult.Done(InvoiceOf(again.Body))
            : Failure<GatewayInvoice>(moved);
    }

    private Task<StripeReply> MakeItemAsync(
        InvoiceOrder order, int line, long units, string? externalInvoiceId, CancellationToken cancellation)
    {
        string number = line.ToString(CultureInfo.InvariantCulture);
        StripeForm form = new StripeForm().Add("customer", order.ExternalCustomerId)
            .Add("currency", order.Currency.ToLowerInvariant()).Add("amount", units)
            .AddText("description", order.Lines[line].Description)
            .AddMetadata(StripeNames.Cluster, cluster).AddMetadata(StripeNames.InvoiceId, order.InvoiceId)
            .AddMetadata(StripeNames.CustomerId, order.CustomerId).AddMetadata(StripeNames.Line, number);
        if (externalInvoiceId is not null)
            form.Add("invoice", externalInvoiceId);
        // One key with and without a draft: of two workers that make the line at once, one is told to look again.
        return client.PostAsync("/v1/invoiceitems", form, StripeNames.Key("line", cluster, order.InvoiceId, number), cancellation);
    }

    private Task<StripeReply> MoveItemAsync(string item, string externalInvoiceId, CancellationToken cancellation) =>
        client.PostAsync(
            $"{PathOf("invoices", externalInvoiceId)}/add_lines", new StripeForm().Add("lines[0][invoice_item]", item),
            StripeNames.Key("move-line", externalInvoiceId, item), cancellation);

    private static bool TryToUnits(InvoiceOrder order, out long[] units)
    {
        try
        {
            units = StripeAmount.ToUnits(order.Lines.Select(line => line.Amount), order.Currency);
            return true;
        }
        catch (OverflowException)
        {
            units = [];
            return false;
        }
    }

    private static GatewayInvoice InvoiceOf(JsonElement invoice) => new(
        invoice.Text("id") ?? "",
        invoice.Text("status") switch
        {
            "draft" => GatewayInvoiceStatus.Draft,
            "paid" => GatewayInvoiceStatus.Paid,
            "uncollectible" => GatewayInvoiceStatus.Uncollectible,
            "void" => GatewayInvoiceStatus.Void,
            _ => GatewayInvoiceStatus.Open,
        },
        invoice.IsTrue("attempted"), invoice.Number("amount_paid") > 0);
}
