using System.Collections;
using System.Net;
using System.Text.Json;
using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Server.Keys;

namespace Metering.Server.Settings;

/// <summary>
/// Reads <see cref="ServerSettings"/>: the file, then the environment (<c>METERING_</c> and the name), then the command line.
/// </summary>
public static class SettingsReader
{
    private const string Prefix = "METERING_";

    // Variables that have their names from elsewhere.
    private static readonly Dictionary<string, string> ForeignNames = new(StringComparer.Ordinal)
    {
        ["CRON_SECRET"] = "cron_secret",
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "otlp_endpoint",
        ["STRIPE_SECRET_KEY"] = "stripe_secret_key",
        ["STRIPE_WEBHOOK_SECRET"] = "stripe_webhook_secrets",
    };

    /// <summary>Reads and checks all settings.</summary>
    /// <param name="file">The settings file; null or missing for none.</param>
    /// <param name="environment">The environment variables.</param>
    /// <param name="options">What the command line says, by the setting's name.</param>
    /// <exception cref="SettingsException">Something is wrong; every fault is named.</exception>
    public static ServerSettings Read(string? file, IDictionary environment, IReadOnlyDictionary<string, string> options) =>
        Read(file, environment, options, static (_, settings) => settings);

    /// <summary>Reads and checks all settings, and those of another program beside them.</summary>
    /// <param name="file">The settings file; null or missing for none.</param>
    /// <param name="environment">The environment variables.</param>
    /// <param name="options">What the command line says, by the setting's name.</param>
    /// <param name="more">Reads what the other program has besides.</param>
    /// <exception cref="SettingsException">Something is wrong; every fault is named.</exception>
    internal static T Read<T>(
        string? file, IDictionary environment, IReadOnlyDictionary<string, string> options, Func<SettingValues, ServerSettings, T> more)
    {
        var values = new SettingValues();
        AddFile(values, file);
        foreach (DictionaryEntry variable in environment)
        {
            string name = (string)variable.Key;
            if (name.StartsWith(Prefix, StringComparison.Ordinal))
                values.Add(name[Prefix.Length..], (string?)variable.Value ?? "", name, strict: false);
            else if (ForeignNames.TryGetValue(name, out string? setting))
                values.Add(setting, (string?)variable.Value ?? "", name, strict: false);
        }

        foreach ((string name, string text) in options)
            values.Add(name, text, "--" + name.Replace('_', '-'), strict: false);

        T settings = more(values, Take(values));
        values.FaultUnasked();
        return values.Faults.Count == 0 ? settings : throw new SettingsException(values.Faults);
    }

    private static ServerSettings Take(SettingValues values)
    {
        var defaults = new ServerSettings();
        ServerSettings settings = defaults with
        {
            Port = values.Number("port", defaults.Port, 0, 65_535),
            Address = Address(values, defaults.Address),
            Data = Path.GetFullPath(values.Text("data") ?? defaults.Data),
            Control = Database(values, "control", values.Text("control")),
            Shards = [.. values.List("shards").Select(text => Database(values, "shards", text)).OfType<string>()],
            Catalog = values.Text("catalog") is { } catalog ? Path.GetFullPath(catalog) : null,
            OperatorKey = values.Text("operator_key"),
            CronSecret = values.Text("cron_secret"),
            Partitions = values.Number("partitions", defaults.Partitions, 1, 4_096),
            ShardCount = values.Number("shard_count", defaults.ShardCount, 1, 64),
            SharedBuffersMegabytes = values.Number("shared_buffers_megabytes", defaults.SharedBuffersMegabytes, 16, 1 << 20),
            DedupHorizonDays = values.Number("dedup_horizon_days", defaults.DedupHorizonDays, 1, 3_650),
            AcceptedAgeDays = values.Number("accepted_age_days", defaults.AcceptedAgeDays, 1, 3_650),
            AcceptedAheadSeconds = values.Number("accepted_ahead_seconds", defaults.AcceptedAheadSeconds, 0, 86_400),
            TakeUnpriced = values.Flag("take_unpriced", defaults.TakeUnpriced),
            LateGraceMinutes = values.Number("late_grace_minutes", defaults.LateGraceMinutes, 0, 14 * 1_440),
            InvoiceDueDays = values.Number("invoice_due_days", defaults.InvoiceDueDays, 0, 3_650),
            Seller = Seller(values),
            TaxedCountries = [.. values.List("taxed_countries")],
            EventRetentionDays = values.Number("event_retention_days", defaults.EventRetentionDays, 1, 36_500),
            LagMaxSeconds = values.Number("lag_max_seconds", defaults.LagMaxSeconds, 1, 86_400),
            InFlightMaxMegabytes = values.Number("in_flight_max_megabytes", defaults.InFlightMaxMegabytes, 1, 512),
            BodiesMaxMegabytes = values.Number("bodies_max_megabytes", defaults.BodiesMaxMegabytes, 8, 65_536),
            ConnectionsMax = values.Number("connections_max", defaults.ConnectionsMax, 1, 1_000_000),
            CustomersInMemoryMax = values.Number("customers_in_memory_max", defaults.CustomersInMemoryMax, 100, int.MaxValue),
            AddressRequestsPerMinute = values.Number("address_requests_per_minute", defaults.AddressRequestsPerMinute, 1, int.MaxValue),
            ProbesExempt = values.Flag("probes_exempt", defaults.ProbesExempt),
            OutboxAttemptsMax = values.Number("outbox_attempts_max", defaults.OutboxAttemptsMax, 1, 1_000),
            OutboxAgeHours = values.Number("outbox_age_hours", defaults.OutboxAgeHours, 1, 365 * 24),
            OutboxRetentionDays = values.Number("outbox_retention_days", defaults.OutboxRetentionDays, 1, 3_650),
            WebhookTimeoutSeconds = values.Number("webhook_timeout_seconds", defaults.WebhookTimeoutSeconds, 1, 60),
            WebhookParallelPerEndpoint = values.Number("webhook_parallel_per_endpoint", defaults.WebhookParallelPerEndpoint, 1, 32),
            WebhookPrivateAddresses = values.Flag("webhook_private_addresses", defaults.WebhookPrivateAddresses),
            Stripe = PaymentSettings.Stripe(values),
            Dunning = PaymentSettings.Dunning(values),
            PastDueSuspends = values.Flag("past_due_suspends", defaults.PastDueSuspends),
            StatusSeconds = values.Number("status_seconds", defaults.StatusSeconds, 0, 86_400),
            LogLevel = Level(values, defaults.LogLevel),
            OtlpEndpoint = Endpoint(values),
            Documents = DeliverySettings.Documents(values),
            Mail = DeliverySettings.Mail(values),
        };
        CheckTogether(values, settings);
        return settings;
    }

    private static BillingProfile Seller(SettingValues values) => new()
    {
        LegalName = values.Text("seller_name") ?? "",
        AddressLines = (values.Text("seller_address") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).ToValueList(),
        PostalCode = values.Text("seller_postal_code") ?? "",
        City = values.Text("seller_city") ?? "",
        Region = values.Text("seller_region") ?? "",
        Country = values.Text("seller_country") ?? "",
        TaxId = values.Text("seller_tax_id") ?? "",
        Email = values.Text("seller_email") ?? "",
    };

    private static void CheckTogether(SettingValues values, ServerSettings settings)
    {
        if (settings.Control is null && settings.Shards.Count > 0)
            values.Fault("shards", "needs control: shards of one's own go with a control database of one's own");
        if (settings.Shards.Distinct(StringComparer.Ordinal).Count() != settings.Shards.Count)
            values.Fault("shards", "names a database twice");
        if (settings.Catalog is { } catalog && !Directory.Exists(catalog))
            values.Fault("catalog", $"there is no folder {catalog}");
        if (settings.DedupHorizonDays < settings.AcceptedAgeDays)
            values.Fault(
                "dedup_horizon_days",
                $"must be at least accepted_age_days ({settings.AcceptedAgeDays}): an event that is still accepted must still be known");
        if (settings.OutboxRetentionDays * 24 < settings.OutboxAgeHours)
            values.Fault("outbox_retention_days", $"must be at least outbox_age_hours ({settings.OutboxAgeHours})");
        if (settings.OperatorKey is { } key && !OperatorKeys.IsWellFormed(key))
            values.Fault("operator_key", "must be mk_live_ or mk_test_ and at least 24 letters or digits");
    }

    private static void AddFile(SettingValues values, string? file)
    {
        if (file is null || !File.Exists(file))
            return;
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                File.ReadAllBytes(file),
                    new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            foreach (JsonProperty member in document.RootElement.EnumerateObject())
            {
                string text = member.Value.ValueKind == JsonValueKind.Array
                    ? string.Join('\n', member.Value.EnumerateArray().Select(item => item.ToString()))
                    : member.Value.ToString();
                values.Add(member.Name, text, Path.GetFileName(file), strict: true);
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            values.Faults.Add($"{file}: is not a JSON object: {wrong.Message}");
        }
    }

    private static string? Database(SettingValues values, string name, string? text)
    {
        if (text is null)
            return null;
        if (DatabaseUrl.TryParse(text, out string? connectionString, out string? fault))
            return connectionString;
        values.Fault(name, fault);
        return null;
    }

    private static IPAddress Address(SettingValues values, IPAddress otherwise)
    {
        string? text = values.Text("address");
        if (text is null or "localhost")
            return otherwise;
        if (IPAddress.TryParse(text, out IPAddress? address))
            return address;
        values.Fault("address", $"must be an IP address such as 127.0.0.1 or 0.0.0.0, not '{text}'");
        return otherwise;
    }

    private static LogLevel Level(SettingValues values, LogLevel otherwise)
    {
        string? text = values.Text("log_level");
        if (text is null)
            return otherwise;
        if (Enum.TryParse(text, ignoreCase: true, out LogLevel level) && Enum.IsDefined(level))
            return level;
        values.Fault("log_level", $"must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}, not '{text}'");
        return otherwise;
    }

    private static string? Endpoint(SettingValues values)
    {
        string? text = values.Text("otlp_endpoint");
        if (text is not null && !(Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"))
            values.Fault("otlp_endpoint", $"must be a URL such as http://127.0.0.1:4317, not '{text}'");
        return text;
    }
}
