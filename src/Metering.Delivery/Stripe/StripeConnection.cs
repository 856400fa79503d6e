using Metering.Grid.Payments;

namespace Metering.Delivery.Stripe;

/// <summary>Stripe as the payment gateway, with the connections to it.</summary>
public sealed class StripeConnection : IDisposable
{
    private readonly HttpClient http;

    /// <param name="options">How it is reached.</param>
    /// <param name="cluster">Names the cluster at Stripe; fixed for ever, and another one's for every cluster of the account.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    public StripeConnection(StripeOptions options, string cluster, TimeProvider time)
    {
        options.Validate();
        // Each request has a time-out of its own; an answer of Stripe has far fewer bytes.
        http = new HttpClient(StripeClient.CreateHandler())
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = 16 * 1024 * 1024,
        };
        Gateway = new StripeGateway(new StripeClient(http, options, time, new Random()), cluster, time);
        Notices = new StripeNotices(options, cluster, time);
    }

    /// <summary>The gateway.</summary>
    public IPaymentGateway Gateway { get; }

    /// <summary>Its webhooks.</summary>
    public IPaymentNotices Notices { get; }

    /// <inheritdoc />
    public void Dispose() => http.Dispose();
}
