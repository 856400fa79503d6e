using System.Diagnostics.Metrics;
using Metering.Api.Admin;
using Metering.Api.Billing;
using Metering.Api.Catalog;
using Metering.Api.Customers;
using Metering.Api.Json;
using Metering.Api.OpenApi;
using Metering.Api.Operations;
using Metering.Api.Payments;
using Metering.Api.Telemetry;
using Metering.Api.Usage;
using Metering.Api.Wallets;
using Metering.Api.Webhooks;
using Metering.Grid.Payments;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Metering.Api.Hosting;

/// <summary>The resources besides events: what they need, and their endpoints.</summary>
public static partial class MeteringApi
{
    private static void AddResources(IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        services.AddMetrics();
        services.TryAddSingleton<IPayments, NoPayments>();
        services.AddSingleton<ApiInstruments>();
        services.AddSingleton<EngineInstruments>();
        services.AddSingleton(static provider => Collector(provider));
        services.AddSingleton<Readiness>();
        services.AddSingleton<LoadTest>();
        services.AddSingleton<ProcessFigures>();
        services.AddHostedService(static provider => provider.GetRequiredService<ProcessFigures>());
        services.AddMeteringOpenApi();
    }

    private static void MapResources(IEndpointRouteBuilder routes)
    {
        // Made now, so that the first collection already has them.
        routes.ServiceProvider.GetRequiredService<PrometheusCollector>();
        routes.ServiceProvider.GetRequiredService<ApiInstruments>();
        routes.ServiceProvider.GetRequiredService<EngineInstruments>();
        routes.MapMeters().MapPlans().MapTaxRates().MapExchangeRates();
        routes.MapCustomers().MapProjects().MapKeys();
        routes.MapWallets().MapHolds().MapTopUps().MapLowBalance();
        routes.MapUsage().MapCheckLimits().MapCustomerUsage().MapOwnUsage();
        routes.MapWebhookEndpoints().MapWebhookDeliveries();
        routes.MapInvoices().MapCreditNotes().MapCoupons().MapDashboard();
        routes.MapAnalytics();
        routes.MapStripe().MapStripeWebhook();
        routes.MapOperations();
        routes.MapMeteringOpenApi();
    }

    /// <summary>Of several hosts in one process each collects its own meters.</summary>
    private static PrometheusCollector Collector(IServiceProvider provider)
    {
        var meters = provider.GetRequiredService<IMeterFactory>();
        return new PrometheusCollector(
            meter => PrometheusCollector.IncludesProduct(meter) && (meter.Scope is null || ReferenceEquals(meter.Scope, meters)));
    }
}
