namespace Metering.Grid.Payments;

/// <summary>Who our customers are at the payment gateway. Kept in the control database beside the customer.</summary>
/// <remarks>All methods throw on a broken connection; nothing here is retried.</remarks>
public interface IPaymentAccounts
{
    /// <summary>The customer's name at the gateway, or null.</summary>
    ValueTask<string?> FindAsync(string customerId, CancellationToken cancellation);

    /// <summary>Our customer of a name at the gateway, or null.</summary>
    ValueTask<string?> FindCustomerAsync(string externalCustomerId, CancellationToken cancellation);

    /// <summary>Remembers a customer's name at the gateway; the first one stands for good.</summary>
    /// <returns>The one that stands.</returns>
    /// <exception cref="ArgumentException">There is no such customer, or the name is another customer's.</exception>
    ValueTask<string> AddAsync(string customerId, string externalCustomerId, CancellationToken cancellation);

    /// <summary>Customers that are known at the gateway, in the order of their ids.</summary>
    /// <param name="after">Only those with a greater id; null for the first page.</param>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask<IReadOnlyList<PaymentAccount>> ListAsync(string? after, int limit, CancellationToken cancellation);
}

/// <summary>A customer and its name at the gateway.</summary>
public sealed record PaymentAccount(string CustomerId, string ExternalCustomerId);
