using Metering.Core.Time;
using Metering.Delivery.Payments;
using Metering.Delivery.Stripe;
using Metering.Grid.Directory;
using Metering.Grid.Payments;
using Metering.TestSupport.Stripe;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Delivery.Tests.Payments;

/// <summary>Payments of a grid in memory at a stand-in for Stripe; either side can fail, and the process can die between any two
/// steps.</summary>
internal sealed class PaymentBench : IAsyncDisposable
{
    public const string Cluster = "c0ffee";
    public static readonly Instant Due = Instant.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(29));

    private readonly HttpClient http;
    private readonly StripeOptions options;

    private PaymentBench(StripeStandIn standIn)
    {
        StandIn = standIn;
        Engine = new FakeEngine(Points);
        Accounts = new MemoryAccounts(Points);
        http = new HttpClient(new CrashingHandler(Points, StripeClient.CreateHandler()));
        options = new StripeOptions
        {
            SecretKey = StripeStandIn.SecretKey,
            WebhookSecrets = [StripeStandIn.WebhookSecret],
            BaseAddress = standIn.Address,
            RequestTimeout = TimeSpan.FromSeconds(2),
            RetryDelay = TimeSpan.FromMilliseconds(1),
            RetryDelayMax = TimeSpan.FromMilliseconds(20),
        };
        Desk = NewDesk();
    }

    public CrashPoints Points { get; } = new();

    public StripeStandIn StandIn { get; }

    public FakeEngine Engine { get; }

    public MemoryAccounts Accounts { get; }

    public MemoryRefunds Refunds { get; } = new();

    public PaymentDesk Desk { get; private set; }

    public static async Task<PaymentBench> StartAsync() => new(await StripeStandIn.StartAsync());

    /// <summary>What a process has in memory is gone.</summary>
    public void Restart() => Desk = NewDesk();

    /// <summary>A customer that is known at the gateway, with a means of payment unless it is null.</summary>
    public async Task<CustomerEntry> AddAsync(string customer, string? method)
    {
        CustomerEntry entry = Engine.Add(customer);
        Assert.Equal(PaymentCode.Done, (await Desk.RegisterAsync(entry, default)).Code);
        if (method is not null)
        {
            StandIn.AddPaymentMethod(method);
            Assert.Equal(PaymentCode.Done, (await Desk.SetPaymentMethodAsync(entry, method, default)).Code);
        }

        return entry;
    }

    /// <summary>Does a piece of work in a process that dies at one moment after another, each time begun anew, until one run comes to its
    /// end.</summary>
    /// <returns>How often the process died.</returns>
    public async Task<int> DieEverywhereAsync(Func<Task> work, bool forgetKeys)
    {
        for (int dieAt = 1; ; dieAt++)
        {
            Assert.True(dieAt < 1_000, "It never ends.");
            Points.Reset(dieAt);
            try
            {
                await work();
                Points.Reset(0);
                return dieAt - 1;
            }
            catch (CrashException)
            {
                Restart();
                if (forgetKeys)
                    StandIn.ForgetKeys();
            }
        }
    }

    /// <summary>Takes a webhook as the API does.</summary>
    public ValueTask<bool> NoticeAsync(string body) => Desk.TakeNoticeAsync(
        System.Text.Encoding.UTF8.GetBytes(body), StripeStandIn.Sign(body, DateTimeOffset.UtcNow), default);

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await StandIn.DisposeAsync();
    }

    private PaymentDesk NewDesk() => new(
        Engine, Accounts, Refunds, new StripeGateway(new StripeClient(http, options, TimeProvider.System, new Random(7)), Cluster,
            TimeProvider.System),
        new StripeNotices(options, Cluster, TimeProvider.System), NullLoggerFactory.Instance);
}
