using System.Net;
using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Delivery.Dunning;
using Metering.Delivery.Mail;
using Metering.Delivery.Mail.Smtp;
using Metering.Delivery.Pdf;
using Metering.Delivery.Stripe;
using Metering.Storage.Postgres.Private;

namespace Metering.Server.Settings;

/// <summary>
/// Everything an operator may set. Each has one name, used three times: <c>port</c> in <c>silo-config/server.json</c>,
/// <c>METERING_PORT</c> in the environment, <c>--port</c> on the command line where there is such an option; the later ones win. Read by
/// <see cref="SettingsReader"/>, which names all faults at once.
/// </summary>
public sealed record ServerSettings
{
    /// <summary>The TCP port to serve on; 0 takes a free one. Default: 8080.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>The address to listen on. Default: 127.0.0.1.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>
    /// The data folder, absolute: holds the private PostgreSQL. Not used with <see cref="Control"/>. Default: <c>.data</c> of the
    /// repository.
    /// </summary>
    public string Data { get; init; } = ConfigFolder.DefaultData;

    /// <summary>Connection string of an existing control database; null for the private PostgreSQL. Default: none.</summary>
    public string? Control { get; init; }

    /// <summary>
    /// Connection strings of existing shard databases, in order. Empty with <see cref="Control"/>: those the control database names.
    /// Default: none.
    /// </summary>
    public IReadOnlyList<string> Shards { get; init; } = [];

    /// <summary>
    /// The folder of catalogues loaded at start. Default: <c>silo-config/catalog</c> beside the repository or the program.
    /// </summary>
    public string? Catalog { get; init; }

    /// <summary>The operator's first key, in clear; null has one made at the first start. Default: none.</summary>
    public string? OperatorKey { get; init; }

    /// <summary>A key for the cron paths alone (environment: <c>CRON_SECRET</c>). Default: none.</summary>
    public string? CronSecret { get; init; }

    /// <summary>Partitions of a cluster that is made now; fixed afterwards. Default: 64.</summary>
    public int Partitions { get; init; } = 64;

    /// <summary>Shard databases made in the private PostgreSQL at the first start. Default: 4.</summary>
    public int ShardCount { get; init; } = 4;

    /// <summary>Page cache of the private PostgreSQL, in MiB. Default: a sixteenth of the memory, 128 to 1,024.</summary>
    public int SharedBuffersMegabytes { get; init; } =
        PrivatePostgresOptions.SharedBuffersFor(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    /// <summary>How long an event's identity counts once, in days; at least <see cref="AcceptedAgeDays"/>. Default: 35.</summary>
    public int DedupHorizonDays { get; init; } = 35;

    /// <summary>How old an event's time may be, in days. Default: 35.</summary>
    public int AcceptedAgeDays { get; init; } = 35;

    /// <summary>How far ahead an event's time may be, in seconds. Default: 300.</summary>
    public int AcceptedAheadSeconds { get; init; } = 300;

    /// <summary>Whether events whose dimensions have no price are taken and cost nothing. Default: no.</summary>
    public bool TakeUnpriced { get; init; }

    /// <summary>How long after its end a billing period takes late events, in minutes. Default: 60.</summary>
    public int LateGraceMinutes { get; init; } = 60;

    /// <summary>How long after the end of its period an invoice is due, in days. Default: 30.</summary>
    public int InvoiceDueDays { get; init; } = 30;

    /// <summary>
    /// Who sells, as invoices name it: <c>seller_name</c>, <c>seller_address</c> (a list of lines), <c>seller_postal_code</c>,
    /// <c>seller_city</c>, <c>seller_region</c>, <c>seller_country</c>, <c>seller_tax_id</c>, <c>seller_email</c>. Default: nothing.
    /// </summary>
    public BillingProfile Seller { get; init; } = BillingProfile.Empty;

    /// <summary>
    /// Countries, as ISO 3166-1 codes of two letters, whose buyers get no invoice while no tax rate applies to them. Default: none.
    /// </summary>
    public ValueList<string> TaxedCountries { get; init; } = [];

    /// <summary>How long raw events stay in the projections, in days. Default: 90.</summary>
    public int EventRetentionDays { get; init; } = 90;

    /// <summary>The projections' lag past which ingest answers <c>overloaded</c>, in seconds. Default: 30.</summary>
    public int LagMaxSeconds { get; init; } = 30;

    /// <summary>Bytes journaled and not yet durable past which requests are answered <c>overloaded</c>, in MiB. Default: 64.</summary>
    public int InFlightMaxMegabytes { get; init; } = 64;

    /// <summary>Bytes of request bodies held at once past which requests are answered <c>overloaded</c>, in MiB. Default: 256.</summary>
    public int BodiesMaxMegabytes { get; init; } = 256;

    /// <summary>Connections at once; further ones are closed. Default: 10,000.</summary>
    public int ConnectionsMax { get; init; } = 10_000;

    /// <summary>Customers kept in memory before clean ones leave it. Default: 500,000.</summary>
    public int CustomersInMemoryMax { get; init; } = 500_000;

    /// <summary>Requests a minute from one address without a key. Default: 1,000.</summary>
    public int AddressRequestsPerMinute { get; init; } = 1_000;

    /// <summary>Whether health probes are exempt from the limit on addresses. Default: no.</summary>
    public bool ProbesExempt { get; init; }

    /// <summary>How often a webhook, mail or charge is tried before it is given up. Default: 24.</summary>
    public int OutboxAttemptsMax { get; init; } = 24;

    /// <summary>For how long after it was due it is tried, in hours. Default: 72.</summary>
    public int OutboxAgeHours { get; init; } = 72;

    /// <summary>How long what was delivered or given up stays listed, in days; at least <see cref="OutboxAgeHours"/>. Default:
    /// 30.</summary>
    public int OutboxRetentionDays { get; init; } = 30;

    /// <summary>How long an endpoint of webhooks has for its answer, in seconds. Default: 10.</summary>
    public int WebhookTimeoutSeconds { get; init; } = 10;

    /// <summary>Requests at once to one endpoint. Default: 4.</summary>
    public int WebhookParallelPerEndpoint { get; init; } = 4;

    /// <summary>Whether webhooks may go over http, and to addresses that are not public. Default: no.</summary>
    public bool WebhookPrivateAddresses { get; init; }

    /// <summary>
    /// The connection to Stripe, by settings that begin with <c>stripe_</c> (environment also: <c>STRIPE_SECRET_KEY</c>,
    /// <c>STRIPE_WEBHOOK_SECRET</c>). Default: none; without a secret key nothing is collected.
    /// </summary>
    public StripeOptions? Stripe { get; init; }

    /// <summary>When payments of overdue invoices are tried again, and customers reminded. Default: 1, 3, 5 and 7 days after the due
    /// date.</summary>
    public DunningOptions Dunning { get; init; } = new();

    /// <summary>Whether events of customers who are past due are refused as those of suspended ones. Default: no.</summary>
    public bool PastDueSuspends { get; init; }

    /// <summary>Seconds between two status lines in the log; 0 for none. Default: 30.</summary>
    public int StatusSeconds { get; init; } = 30;

    /// <summary>The least level that is logged. Default: Information.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Where meters and traces go over OTLP (environment: <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>). Default: nowhere.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>How invoices look as PDF: <c>documents_*</c>, <c>payment_notes</c>. Default: A4, English, no logo.</summary>
    public DocumentOptions Documents { get; init; } = new();

    /// <summary>How mails go out: <c>mail_*</c>; null where <c>mail_host</c> is not set: none do. Default: none.</summary>
    public MailSettings? Mail { get; init; }

    /// <summary>Sessions of the private PostgreSQL; a cluster on one machine needs more than one server does. Default: 200.</summary>
    internal int PostgresSessionsMax { get; init; } = 200;

    /// <summary>
    /// How far this machine's clock may be off the databases'; null for the grid's own bound. No operator sets it: tests tell the time by
    /// it.
    /// </summary>
    internal TimeSpan? ClockSkewMax { get; init; }
}

/// <summary>The mail server and what mails look like.</summary>
/// <param name="Server">Where mails are handed to.</param>
/// <param name="Options">From whom, in which words.</param>
public sealed record MailSettings(SmtpOptions Server, MailOptions Options);
