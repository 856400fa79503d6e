using System.Globalization;
using Metering.Core.Catalog;
using Metering.Delivery.Dunning;
using Metering.Delivery.Stripe;

namespace Metering.Server.Settings;

/// <summary>Reads the settings of Stripe and of dunning, which have classes of their own.</summary>
internal static class PaymentSettings
{
    /// <summary>The connection to Stripe; null without a secret key.</summary>
    public static StripeOptions? Stripe(SettingValues values)
    {
        string? key = values.Text("stripe_secret_key");
        var defaults = new StripeOptions { SecretKey = key ?? "none" };
        var options = new StripeOptions
        {
            SecretKey = key ?? "none",
            WebhookSecrets = values.List("stripe_webhook_secrets"),
            BaseAddress = Address(values, defaults.BaseAddress),
            Version = values.Text("stripe_version") ?? defaults.Version,
            RequestTimeout = TimeSpan.FromSeconds(
                values.Number("stripe_timeout_seconds", (int)defaults.RequestTimeout.TotalSeconds, 1, 300)),
            RetriesMax = values.Number("stripe_retries_max", defaults.RetriesMax, 0, 10),
            WebhookTolerance = TimeSpan.FromSeconds(
                values.Number("stripe_webhook_tolerance_seconds", (int)defaults.WebhookTolerance.TotalSeconds, 1, 86_400)),
        };
        try
        {
            options.Validate();
        }
        catch (InvalidOperationException wrong)
        {
            values.Fault("stripe_secret_key", wrong.Message);
        }

        return key is null ? null : options;
    }

    /// <summary>When unpaid invoices are tried again; <c>none</c> for never.</summary>
    public static DunningOptions Dunning(SettingValues values)
    {
        IReadOnlyList<string> texts = values.List("dunning_days");
        if (texts.Count == 0)
            return new DunningOptions();
        if (texts is ["none"])
            return new DunningOptions { Days = [] };
        var days = new List<int>();
        foreach (string text in texts)
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int day))
                days.Add(day);
            else
                values.Fault("dunning_days", $"must be whole numbers, or none, not '{text}'");
        }

        var options = new DunningOptions { Days = days.ToValueList() };
        try
        {
            options.Validate();
        }
        catch (InvalidOperationException wrong)
        {
            values.Fault("dunning_days", wrong.Message);
        }

        return options;
    }

    private static Uri Address(SettingValues values, Uri otherwise)
    {
        if (values.Text("stripe_base_address") is not { } text)
            return otherwise;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address))
            return address;
        values.Fault("stripe_base_address", $"must be a URL such as {otherwise}, not '{text}'");
        return otherwise;
    }
}
