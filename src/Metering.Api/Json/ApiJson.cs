using System.Text.Json;
using System.Text.Json.Serialization;
using Metering.Api.Admin;
using Metering.Api.Billing;
using Metering.Api.Catalog;
using Metering.Api.Customers;
using Metering.Api.OpenApi;
using Metering.Api.Operations;
using Metering.Api.Payments;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Api.Usage;
using Metering.Api.Wallets;
using Metering.Api.Webhooks;

namespace Metering.Api.Json;

/// <summary>
/// The JSON of every answer and of every documented request: snake_case, amounts as decimal strings unless they are an
/// <see cref="ExactNumber"/>, times by
/// RFC 3339. Source-generated; nothing is found by reflection.
/// </summary>
[JsonSerializable(typeof(ProblemAnswer))]
[JsonSerializable(typeof(MeterAnswer))]
[JsonSerializable(typeof(MeterShape))]
[JsonSerializable(typeof(Page<MeterAnswer>), TypeInfoPropertyName = "MeterPage")]
[JsonSerializable(typeof(Page<MeterShape>), TypeInfoPropertyName = "MeterShapePage")]
[JsonSerializable(typeof(PlanAnswer))]
[JsonSerializable(typeof(PlanShape))]
[JsonSerializable(typeof(Page<PlanAnswer>), TypeInfoPropertyName = "PlanPage")]
[JsonSerializable(typeof(Page<PlanShape>), TypeInfoPropertyName = "PlanShapePage")]
[JsonSerializable(typeof(CreateCustomerRequest))]
[JsonSerializable(typeof(ChangeCustomerRequest))]
[JsonSerializable(typeof(CustomerAnswer))]
[JsonSerializable(typeof(CustomerListAnswer))]
[JsonSerializable(typeof(CreateProjectRequest))]
[JsonSerializable(typeof(ChangePlanRequest))]
[JsonSerializable(typeof(ProjectAnswer))]
[JsonSerializable(typeof(ProjectDetailAnswer))]
[JsonSerializable(typeof(Page<ProjectAnswer>), TypeInfoPropertyName = "ProjectPage")]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(NewKeyAnswer))]
[JsonSerializable(typeof(Page<KeyAnswer>), TypeInfoPropertyName = "KeyPage")]
[JsonSerializable(typeof(GrantRequest))]
[JsonSerializable(typeof(NewGrantAnswer))]
[JsonSerializable(typeof(HoldRequest))]
[JsonSerializable(typeof(RaiseRequest))]
[JsonSerializable(typeof(CaptureRequest))]
[JsonSerializable(typeof(HoldAnswer))]
[JsonSerializable(typeof(AutoTopUpRequest))]
[JsonSerializable(typeof(AutoTopUpAnswer))]
[JsonSerializable(typeof(LowBalanceRequest))]
[JsonSerializable(typeof(LowBalanceAnswer))]
[JsonSerializable(typeof(TopUpAnswer))]
[JsonSerializable(typeof(WalletAnswer))]
[JsonSerializable(typeof(Page<LedgerEntryAnswer>), TypeInfoPropertyName = "LedgerPage")]
[JsonSerializable(typeof(Page<UsageEventAnswer>), TypeInfoPropertyName = "UsageEventPage")]
[JsonSerializable(typeof(UsageSummaryAnswer))]
[JsonSerializable(typeof(IReadOnlyList<UsageRowAnswer>), TypeInfoPropertyName = "UsageRows")]
[JsonSerializable(typeof(IReadOnlyList<AlertAnswer>), TypeInfoPropertyName = "Alerts")]
[JsonSerializable(typeof(CheckLimitsRequest))]
[JsonSerializable(typeof(CheckLimitsAnswer))]
[JsonSerializable(typeof(CurrentUsageAnswer))]
[JsonSerializable(typeof(IReadOnlyList<UsageDayAnswer>), TypeInfoPropertyName = "UsageDays")]
[JsonSerializable(typeof(IReadOnlyList<EndpointUsageAnswer>), TypeInfoPropertyName = "EndpointUsage")]
[JsonSerializable(typeof(OverageAnswer))]
[JsonSerializable(typeof(InvoiceRequest))]
[JsonSerializable(typeof(InvoiceAnswer))]
[JsonSerializable(typeof(InvoiceListAnswer))]
[JsonSerializable(typeof(StatusRequest))]
[JsonSerializable(typeof(VerifyAnswer))]
[JsonSerializable(typeof(CreditNoteRequest))]
[JsonSerializable(typeof(CreditNoteAnswer))]
[JsonSerializable(typeof(Page<CreditNoteAnswer>), TypeInfoPropertyName = "CreditNotePage")]
[JsonSerializable(typeof(CouponAnswer))]
[JsonSerializable(typeof(CouponShape))]
[JsonSerializable(typeof(Page<CouponShape>), TypeInfoPropertyName = "CouponShapePage")]
[JsonSerializable(typeof(Page<AppliedCouponShape>), TypeInfoPropertyName = "AppliedCouponShapePage")]
[JsonSerializable(typeof(Page<CouponAnswer>), TypeInfoPropertyName = "CouponPage")]
[JsonSerializable(typeof(ApplyCouponRequest))]
[JsonSerializable(typeof(Page<AppliedCouponAnswer>), TypeInfoPropertyName = "AppliedCouponPage")]
[JsonSerializable(typeof(TaxRateShape))]
[JsonSerializable(typeof(Page<TaxRateShape>), TypeInfoPropertyName = "TaxRateShapePage")]
[JsonSerializable(typeof(TaxRateAnswer))]
[JsonSerializable(typeof(Page<TaxRateAnswer>), TypeInfoPropertyName = "TaxRatePage")]
[JsonSerializable(typeof(ExchangeRateShape))]
[JsonSerializable(typeof(Page<ExchangeRateShape>), TypeInfoPropertyName = "ExchangeRatePage")]
[JsonSerializable(typeof(DashboardAnswer))]
[JsonSerializable(typeof(StripeCustomerRequest))]
[JsonSerializable(typeof(StripePaymentMethodRequest))]
[JsonSerializable(typeof(StripeIntegrateRequest))]
[JsonSerializable(typeof(StripeCustomerAnswer))]
[JsonSerializable(typeof(StripeInvoiceAnswer))]
[JsonSerializable(typeof(OverageRunAnswer))]
[JsonSerializable(typeof(WebhookReceivedAnswer))]
[JsonSerializable(typeof(object))]
[JsonSerializable(typeof(OverviewAnswer))]
[JsonSerializable(typeof(UserListAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(ReadyAnswer))]
[JsonSerializable(typeof(MetricsAnswer))]
[JsonSerializable(typeof(LoadRequest))]
[JsonSerializable(typeof(LoadAnswer))]
[JsonSerializable(typeof(WarmRequest))]
[JsonSerializable(typeof(WarmAnswer))]
[JsonSerializable(typeof(CreateWebhookEndpointRequest))]
[JsonSerializable(typeof(ChangeWebhookEndpointRequest))]
[JsonSerializable(typeof(RotateSecretRequest))]
[JsonSerializable(typeof(WebhookEndpointAnswer))]
[JsonSerializable(typeof(Page<WebhookEndpointAnswer>), TypeInfoPropertyName = "WebhookEndpointPage")]
[JsonSerializable(typeof(WebhookDeliveryAnswer))]
[JsonSerializable(typeof(Page<WebhookDeliveryAnswer>), TypeInfoPropertyName = "WebhookDeliveryPage")]
[JsonSerializable(typeof(WebhookDeliveryDetailAnswer))]
[JsonSerializable(typeof(CloudEventShape))]
[JsonSerializable(typeof(IngestShape))]
[JsonSerializable(typeof(MetricEventShape))]
[JsonSerializable(typeof(EventsShape))]
[JsonSerializable(typeof(IngestAnswerShape))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
public sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>Makes a web application read and write JSON this way.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DictionaryKeyPolicy = null;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Converters.Add(new AmountTextConverter());
        options.Converters.Add(new InstantConverter());
        options.Converters.Add(new DecimalConverter());
        options.TypeInfoResolverChain.Clear();
        options.TypeInfoResolverChain.Add(Default);
    }
}
