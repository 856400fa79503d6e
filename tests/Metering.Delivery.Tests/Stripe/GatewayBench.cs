using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Delivery.Stripe;
using Metering.Grid.Payments;
using Metering.TestSupport.Stripe;

namespace Metering.Delivery.Tests.Stripe;

/// <summary>The gateway before a stand-in of its own, in real time with short waits.</summary>
internal sealed class GatewayBench : IAsyncDisposable
{
    public const string Cluster = "c0ffee";

    private readonly HttpClient http = new(StripeClient.CreateHandler());

    private GatewayBench(StripeStandIn standIn, TimeSpan timeout, int retries)
    {
        StandIn = standIn;
        Options = new StripeOptions
        {
            SecretKey = StripeStandIn.SecretKey,
            WebhookSecrets = [StripeStandIn.WebhookSecret],
            BaseAddress = standIn.Address,
            RequestTimeout = timeout,
            RetriesMax = retries,
            RetryDelay = TimeSpan.FromMilliseconds(1),
            RetryDelayMax = TimeSpan.FromMilliseconds(50),
        };
        Options.Validate();
        Client = new StripeClient(http, Options, TimeProvider.System, new Random(1));
        Gateway = new StripeGateway(Client, Cluster, TimeProvider.System);
    }

    public StripeStandIn StandIn { get; }

    public StripeOptions Options { get; }

    public StripeClient Client { get; }

    public StripeGateway Gateway { get; }

    public static async Task<GatewayBench> StartAsync(TimeSpan? timeout = null, int retries = 4) =>
        new(await StripeStandIn.StartAsync(), timeout ?? TimeSpan.FromSeconds(20), retries);

    /// <summary>A customer at the stand-in, with a means of payment unless it is null.</summary>
    public async Task<string> AddCustomerAsync(string id, string? method)
    {
        var customer = await Gateway.EnsureCustomerAsync(new PayingCustomer(id, id, $"{id}@example.com"), default);
        Assert.Equal(PaymentCode.Done, customer.Code);
        if (method is not null)
        {
            StandIn.AddPaymentMethod(method);
            Assert.Equal(
                PaymentCode.Done, (await Gateway.SetPaymentMethodAsync(customer.Value!.ExternalId, method, default)).Code);
        }

        return customer.Value!.ExternalId;
    }

    public static InvoiceOrder Order(string customer, string external, params string[] amounts) => new(
        $"inv_{customer}_20260101", customer, external, "P1-000001", "USD", Instant.FromDateTimeOffset(DateTimeOffset.UtcNow),
        [.. amounts.Select((amount, index) => new InvoiceOrderLine($"Line {index}", Amount.Parse(amount)))]);

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await StandIn.DisposeAsync();
    }
}
