using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Metering.TestSupport.Stripe;

/// <summary>Payment intents, and webhooks.</summary>
public sealed partial class StripeStandIn
{
    /// <summary>The decline code of a means of payment that takes its time: its charges stay <c>processing</c>.</summary>
    public const string Processing = "(processing)";

    /// <summary>Ends the wait for a charge that is processing.</summary>
    public void SettleIntent(string id)
    {
        lock (gate)
            Succeed(things[id]);
    }

    /// <summary>Gives a part of a payment intent's charge back, as in Stripe's dashboard.</summary>
    public void RefundIntent(string id, long amount)
    {
        lock (gate)
        {
            JsonObject intent = things[id];
            intent["amount_refunded"] = (long)(intent["amount_refunded"] ?? 0L) + amount;
            Announce("charge.refunded", new JsonObject
            {
                ["id"] = $"ch_{id}",
                ["object"] = "charge",
                ["amount"] = (long)intent["amount"]!,
                ["amount_refunded"] = (long)intent["amount_refunded"]!,
                ["currency"] = (string?)intent["currency"],
                ["payment_intent"] = id,
                ["metadata"] = intent["metadata"]!.DeepClone(),
            });
        }
    }

    /// <summary>The header that proves a body.</summary>
    public static string Sign(string body, DateTimeOffset at, string secret = WebhookSecret)
    {
        string seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{seconds}.{body}"));
        return $"t={seconds},v1={Convert.ToHexStringLower(hash)}";
    }

    /// <summary>Sends a webhook.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpClient client, Uri endpoint, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.TryAddWithoutValidation("Stripe-Signature", Sign(body, time.GetUtcNow()));
        return await client.SendAsync(request);
    }

    private JsonObject MakeIntent(StripeFields form)
    {
        string customer = (string)Find(form.Required("customer"), "customer")["id"]!;
        string method = (string)Find(form.Required("payment_method"), "payment_method")["id"]!;
        if (!form.Flag("confirm") || !form.Flag("off_session"))
            throw StripeRefusal.Invalid("The stand-in only knows intents that are confirmed at once, off session.");
        long amount = form.Number("amount") ?? 0;
        if (amount <= 0)
            throw StripeRefusal.Invalid("Invalid positive integer.", "parameter_invalid_integer");
        JsonObject intent = Make("pi", "payment_intent", new JsonObject
        {
            ["customer"] = customer,
            ["amount"] = amount,
            ["currency"] = form.Required("currency"),
            ["payment_method"] = method,
            ["description"] = form.Text("description"),
            ["metadata"] = form.Metadata(),
        });
        switch (declines[method])
        {
            case null:
                Succeed(intent);
                return Copy(intent);
            case Processing:
                intent["status"] = "processing";
                return Copy(intent);
            case { } decline:
                intent["status"] = "requires_payment_method";
                intent["last_payment_error"] = new JsonObject
                {
                    ["type"] = "card_error", ["code"] = "card_declined", ["decline_code"] = decline,
                    ["message"] = "Your card was declined.",
                };
                Announce("payment_intent.payment_failed", intent);
                throw new StripeRefusal(402, "card_error", "Your card was declined.", "card_declined", decline) { Intent = intent };
        }
    }

    private void Succeed(JsonObject intent)
    {
        intent["status"] = "succeeded";
        charges.Add(new StripeCharge(
            (string)intent["customer"]!, (long)intent["amount"]!, (string)intent["currency"]!, (string)intent["id"]!,
            (string?)intent["metadata"]!["top_up_id"] ?? ""));
        Announce("payment_intent.succeeded", intent);
    }

    private JsonObject CancelIntent(JsonObject intent)
    {
        if ((string?)intent["status"] is "succeeded" or "processing" or "canceled")
            throw StripeRefusal.Invalid($"You cannot cancel this PaymentIntent because it has a status of {intent["status"]}.",
                "payment_intent_unexpected_state");
        intent["status"] = "canceled";
        Announce("payment_intent.canceled", intent);
        return Copy(intent);
    }
}
