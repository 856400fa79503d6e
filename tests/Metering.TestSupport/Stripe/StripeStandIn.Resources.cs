using System.Globalization;
using System.Text.Json.Nodes;

namespace Metering.TestSupport.Stripe;

/// <summary>What it keeps, and the paths to it.</summary>
public sealed partial class StripeStandIn
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, JsonObject> things = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> declines = new(StringComparer.Ordinal);
    private readonly List<StripeCharge> charges = [];
    private readonly List<StripeRefund> refunds = [];
    private readonly List<JsonObject> events = [];
    private int made;

    /// <summary>Everything charged, in order.</summary>
    public IReadOnlyList<StripeCharge> Charges => Copy(charges);

    /// <summary>Everything given back, in order.</summary>
    public IReadOnlyList<StripeRefund> Refunds => Copy(refunds);

    /// <summary>The bodies of all webhooks that it would send, oldest first.</summary>
    public IReadOnlyList<string> Events
    {
        get
        {
            lock (gate)
                return [.. events.Select(body => body.ToJsonString())];
        }
    }

    /// <summary>All things of a kind as they are now, oldest first: <c>customer</c>, <c>invoice</c> and so on.</summary>
    public IReadOnlyList<JsonObject> Things(string kind)
    {
        lock (gate)
            return [.. All(kind).Select(thing => (JsonObject)thing.DeepClone())];
    }

    /// <summary>Makes a means of payment that nobody has yet.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="declineCode">Why it declines every charge; null where it pays.</param>
    public void AddPaymentMethod(string id, string? declineCode = null)
    {
        lock (gate)
        {
            things[id] = new JsonObject { ["id"] = id, ["object"] = "payment_method", ["type"] = "card", ["customer"] = null };
            declines[id] = declineCode;
        }
    }

    /// <summary>Lets a means of payment decline, or pay again.</summary>
    public void SetDecline(string id, string? declineCode)
    {
        lock (gate)
            declines[id] = declineCode;
    }

    /// <summary>Marks an invoice as paid by hand, as in Stripe's dashboard.</summary>
    public void PayByHand(string invoice)
    {
        lock (gate)
            Pay(things[invoice], null);
    }

    private JsonObject Route(string method, string[] path, StripeFields form) => (method, path) switch
    {
        ("GET", ["v1", "customers"]) => List("customer", form, ("email", form.Text("email"))),
        ("POST", ["v1", "customers"]) => MakeCustomer(form),
        ("GET", ["v1", "customers", var id]) => Find(id, "customer"),
        ("POST", ["v1", "customers", var id]) => ChangeCustomer(Find(id, "customer"), form),
        ("GET", ["v1", "payment_methods", var id]) => Find(id, "payment_method"),
        ("POST", ["v1", "payment_methods", var id, "attach"]) => Attach(Find(id, "payment_method"), form),
        ("GET", ["v1", "invoiceitems"]) => List(
            "invoiceitem", form, ("customer", form.Text("customer")), ("invoice", form.Text("invoice"))),
        ("POST", ["v1", "invoiceitems"]) => MakeItem(form),
        ("GET", ["v1", "invoices"]) => List("invoice", form, ("customer", form.Text("customer"))),
        ("POST", ["v1", "invoices"]) => MakeInvoice(form),
        ("GET", ["v1", "invoices", var id]) => Find(id, "invoice"),
        ("POST", ["v1", "invoices", var id, "add_lines"]) => AddLine(Find(id, "invoice"), form),
        ("POST", ["v1", "invoices", var id, "finalize"]) => Finalise(Find(id, "invoice"), form),
        ("POST", ["v1", "invoices", var id, "pay"]) => PayInvoice(Find(id, "invoice"), form),
        ("POST", ["v1", "invoices", var id, "void"]) => VoidInvoice(Find(id, "invoice")),
        ("GET", ["v1", "credit_notes"]) => List("credit_note", form, ("invoice", form.Text("invoice"))),
        ("POST", ["v1", "credit_notes"]) => MakeCreditNote(form),
        ("GET", ["v1", "payment_intents"]) => List("payment_intent", form, ("customer", form.Text("customer"))),
        ("POST", ["v1", "payment_intents"]) => MakeIntent(form),
        ("GET", ["v1", "payment_intents", var id]) => Find(id, "payment_intent"),
        ("POST", ["v1", "payment_intents", var id, "cancel"]) => CancelIntent(Find(id, "payment_intent")),
        _ => throw new StripeRefusal(404, "invalid_request_error", $"Unrecognized request URL ({method}: /{string.Join('/', path)})."),
    };

    private IEnumerable<JsonObject> All(string kind) => things.Values.Where(thing => (string?)thing["object"] == kind);

    private JsonObject Find(string id, string kind) =>
        things.TryGetValue(id, out JsonObject? thing) && (string?)thing["object"] == kind ? thing : throw StripeRefusal.Missing(id);

    private JsonObject Make(string prefix, string kind, JsonObject thing)
    {
        string id = $"{prefix}_{(++made).ToString(CultureInfo.InvariantCulture)}";
        thing["id"] = id;
        thing["object"] = kind;
        thing["created"] = time.GetUtcNow().ToUnixTimeSeconds();
        things[id] = thing;
        return thing;
    }

    // Newest first, a page at a time, as Stripe lists.
    private JsonObject List(string kind, StripeFields form, params (string Name, string? Value)[] filters)
    {
        long since = form.Number("created[gte]") ?? 0;
        int limit = (int)(form.Number("limit") ?? 10);
        if (limit is < 1 or > 100)
            throw StripeRefusal.Invalid("Invalid limit.");
        IEnumerable<JsonObject> found = All(kind).Reverse().Where(thing => (long)thing["created"]! >= since);
        foreach ((string name, string? value) in filters.Where(filter => filter.Value is not null))
            found = found.Where(thing => (string?)thing[name] == value);
        if (form.Text("starting_after") is { } after)
            found = found.SkipWhile(thing => (string?)thing["id"] != after).Skip(1);
        JsonObject[] page = [.. found.Take(limit + 1)];
        return new JsonObject
        {
            ["object"] = "list",
            ["has_more"] = page.Length > limit,
            ["data"] = new JsonArray([.. page.Take(limit).Select(thing => thing.DeepClone())]),
        };
    }

    private JsonObject MakeCustomer(StripeFields form) => Copy(Make("cus", "customer", new JsonObject
    {
        ["name"] = form.Text("name"),
        ["email"] = form.Text("email"),
        ["metadata"] = form.Metadata(),
        ["invoice_settings"] = new JsonObject { ["default_payment_method"] = null },
    }));

    private JsonObject ChangeCustomer(JsonObject customer, StripeFields form)
    {
        string method = form.Required("invoice_settings[default_payment_method]");
        if ((string?)Find(method, "payment_method")["customer"] != (string?)customer["id"])
            throw StripeRefusal.Invalid("The customer does not have a payment method with that id.");
        customer["invoice_settings"]!["default_payment_method"] = method;
        return Copy(customer);
    }

    private JsonObject Attach(JsonObject method, StripeFields form)
    {
        string customer = (string)Find(form.Required("customer"), "customer")["id"]!;
        if ((string?)method["customer"] is { } owner && owner != customer)
            throw StripeRefusal.Invalid("The payment method you provided has already been attached to a customer.");
        method["customer"] = customer;
        return Copy(method);
    }

    private void Announce(string type, JsonObject about) => events.Add(new JsonObject
    {
        ["id"] = $"evt_{(++made).ToString(CultureInfo.InvariantCulture)}",
        ["object"] = "event",
        ["api_version"] = Version,
        ["created"] = time.GetUtcNow().ToUnixTimeSeconds(),
        ["type"] = type,
        ["data"] = new JsonObject { ["object"] = about.DeepClone() },
    });

    private T[] Copy<T>(List<T> list)
    {
        lock (gate)
            return [.. list];
    }

    private static JsonObject Copy(JsonObject thing) => (JsonObject)thing.DeepClone();
}
