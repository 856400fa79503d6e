using System.Text.Json.Nodes;

namespace Metering.TestSupport.Stripe;

/// <summary>Items, invoices and credit notes.</summary>
public sealed partial class StripeStandIn
{
    private JsonObject MakeItem(StripeFields form)
    {
        string customer = (string)Find(form.Required("customer"), "customer")["id"]!;
        string? invoice = form.Text("invoice");
        if (invoice is not null)
            DemandDraft(Find(invoice, "invoice"));
        return Copy(Make("ii", "invoiceitem", new JsonObject
        {
            ["customer"] = customer,
            ["invoice"] = invoice,
            ["amount"] = form.Number("amount") ?? throw StripeRefusal.Invalid("Missing required param: amount."),
            ["currency"] = form.Required("currency"),
            ["description"] = form.Text("description"),
            ["metadata"] = form.Metadata(),
        }));
    }

    private JsonObject MakeInvoice(StripeFields form)
    {
        string customer = (string)Find(form.Required("customer"), "customer")["id"]!;
        bool takesItems = form.Text("pending_invoice_items_behavior") == "include";
        JsonObject invoice = Make("in", "invoice", new JsonObject
        {
            ["customer"] = customer,
            ["currency"] = form.Required("currency"),
            ["status"] = "draft",
            ["auto_advance"] = form.Flag("auto_advance"),
            ["collection_method"] = form.Text("collection_method"),
            ["description"] = form.Text("description"),
            ["metadata"] = form.Metadata(),
        });
        foreach (JsonObject item in All("invoiceitem").Where(item =>
            takesItems && item["invoice"] is null && (string?)item["customer"] == customer))
            item["invoice"] = (string?)invoice["id"];
        return Copy(invoice);
    }

    /// <summary>Makes an invoice of the customer's own that takes up every item that waits there, as a subscription's does.</summary>
    /// <returns>Its id.</returns>
    public string SweepPendingItems(string customer, string currency)
    {
        lock (gate)
        {
            return (string)MakeInvoice(new StripeFields(
                $"customer={customer}&currency={currency}&pending_invoice_items_behavior=include"))["id"]!;
        }
    }

    private JsonObject AddLine(JsonObject invoice, StripeFields form)
    {
        DemandDraft(invoice);
        JsonObject item = Find(form.Required("lines[0][invoice_item]"), "invoiceitem");
        if (item["invoice"] is not null)
            throw StripeRefusal.Invalid("The invoice item is already attached to an invoice.");
        item["invoice"] = (string?)invoice["id"];
        return Copy(invoice);
    }

    private JsonObject Finalise(JsonObject invoice, StripeFields form)
    {
        form.Flag("auto_advance");
        DemandDraft(invoice);
        long total = All("invoiceitem").Where(item => (string?)item["invoice"] == (string?)invoice["id"])
            .Sum(item => (long)item["amount"]!);
        invoice["total"] = total;
        invoice["amount_due"] = Math.Max(0, total);
        invoice["status"] = "open";
        Announce("invoice.finalized", invoice);
        if (total <= 0)
            Pay(invoice, null);
        return Copy(invoice);
    }

    private JsonObject PayInvoice(JsonObject invoice, StripeFields form)
    {
        form.Flag("off_session");
        if ((string?)invoice["status"] is not ("open" or "uncollectible"))
            throw StripeRefusal.Invalid($"Invoice is already {invoice["status"]}", "invoice_not_open");
        if (form.Flag("paid_out_of_band"))
        {
            Pay(invoice, null);
            return Copy(invoice);
        }

        invoice["attempted"] = true;
        JsonObject customer = Find((string)invoice["customer"]!, "customer");
        if ((string?)customer["invoice_settings"]!["default_payment_method"] is not { } method)
            throw StripeRefusal.Invalid("There is no default_payment_method set on this Customer or Invoice.", "missing");
        if (declines[method] is { } decline)
        {
            Announce("invoice.payment_failed", invoice);
            throw new StripeRefusal(402, "card_error", "Your card was declined.", "card_declined", decline);
        }

        Pay(invoice, method);
        return Copy(invoice);
    }

    private void Pay(JsonObject invoice, string? method)
    {
        long due = (long)(invoice["amount_due"] ?? 0L);
        invoice["status"] = "paid";
        invoice["amount_paid"] = due;
        if (method is not null && due > 0)
        {
            charges.Add(new StripeCharge(
                (string)invoice["customer"]!, due, (string)invoice["currency"]!, (string)invoice["id"]!,
                (string?)invoice["metadata"]!["invoice_id"] ?? ""));
        }

        Announce("invoice.paid", invoice);
    }

    private JsonObject VoidInvoice(JsonObject invoice)
    {
        if ((string?)invoice["status"] is not ("open" or "uncollectible"))
            throw StripeRefusal.Invalid("You can only pass in open or uncollectible invoices.", "invoice_not_open");
        invoice["status"] = "void";
        Announce("invoice.voided", invoice);
        return Copy(invoice);
    }

    private JsonObject MakeCreditNote(StripeFields form)
    {
        JsonObject invoice = Find(form.Required("invoice"), "invoice");
        long amount = form.Number("amount") ?? throw StripeRefusal.Invalid("Missing required param: amount.");
        long refund = form.Number("refund_amount") ?? 0;
        switch ((string?)invoice["status"])
        {
            case "paid" when refund != amount:
                throw StripeRefusal.Invalid("The sum of refund_amount and credit_amount must equal the credit note's amount.");
            case "paid":
                break;
            case "open" when refund == 0 && amount <= (long)invoice["amount_due"]!:
                invoice["amount_due"] = (long)invoice["amount_due"]! - amount;
                break;
            default:
                throw StripeRefusal.Invalid("A credit note cannot be issued like this for this invoice.");
        }

        JsonObject note = Make("cn", "credit_note", new JsonObject
        {
            ["invoice"] = (string?)invoice["id"],
            ["amount"] = amount,
            ["memo"] = form.Text("memo"),
            ["metadata"] = form.Metadata(),
        });
        if (refund > 0)
            refunds.Add(new StripeRefund((string)invoice["id"]!, refund, (string)note["id"]!));
        else if ((long)invoice["amount_due"]! == 0)
            Pay(invoice, null);
        return Copy(note);
    }

    private static void DemandDraft(JsonObject invoice)
    {
        if ((string?)invoice["status"] != "draft")
            throw StripeRefusal.Invalid("This invoice is no longer editable.", "invoice_not_editable");
    }
}
