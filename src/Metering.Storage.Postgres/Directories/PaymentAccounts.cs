using Metering.Grid.Payments;
using Metering.Storage.Postgres.Connections;
using Npgsql;

namespace Metering.Storage.Postgres.Directories;

/// <summary>Who our customers are at the payment gateway, in the control database.</summary>
public sealed class PaymentAccounts(ControlDatabase database) : IPaymentAccounts
{
    /// <inheritdoc />
    public async ValueTask<string?> FindAsync(string customerId, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand(
            "SELECT external_customer_id FROM payment_account WHERE customer_id = $1");
        command.Parameters.Text(customerId);
        return await command.FirstAsync(row => row.GetString(0), cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<string?> FindCustomerAsync(string externalCustomerId, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand(
            "SELECT customer_id FROM payment_account WHERE external_customer_id = $1");
        command.Parameters.Text(externalCustomerId);
        return await command.FirstAsync(row => row.GetString(0), cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<string> AddAsync(string customerId, string externalCustomerId, CancellationToken cancellation)
    {
        await using var add = database.Source.CreateCommand("""
            INSERT INTO payment_account (customer_id, external_customer_id) VALUES ($1, $2) ON CONFLICT (customer_id) DO NOTHING
            """);
        add.Parameters.Text(customerId).Text(externalCustomerId);
        try
        {
            await add.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.UniqueViolation
            or PostgresErrorCodes.ForeignKeyViolation)
        {
            throw new ArgumentException(
                $"There is no customer '{customerId}', or '{externalCustomerId}' is another one's.", nameof(customerId), refused);
        }

        return await FindAsync(customerId, cancellation) ?? externalCustomerId;
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<PaymentAccount>> ListAsync(string? after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        await using var command = database.Source.CreateCommand("""
            SELECT customer_id, external_customer_id FROM payment_account WHERE customer_id > $1 ORDER BY customer_id LIMIT $2
            """);
        command.Parameters.Text(after ?? "").Int(limit);
        return await command.ListAsync(row => new PaymentAccount(row.GetString(0), row.GetString(1)), cancellation);
    }
}
