using Metering.Core.Money;
using Metering.Grid.Payments;
using Metering.Storage.Postgres.Connections;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Directories;

/// <summary>Refunds that have been acted on, in the control database.</summary>
public sealed class PaymentRefunds(ControlDatabase database) : IPaymentRefunds
{
    /// <inheritdoc />
    public async ValueTask<RefundPart> ClaimAsync(string externalChargeId, Amount refunded, CancellationToken cancellation)
    {
        // The row is locked either way, so of two callers the second sees what the first has claimed.
        await using var command = database.Source.CreateCommand("""
            INSERT INTO payment_refund AS refund (external_charge_id, claimed) VALUES ($1, $2)
            ON CONFLICT (external_charge_id) DO UPDATE
            SET claimed = CASE WHEN refund.claimed = refund.done THEN greatest(refund.done, excluded.claimed) ELSE refund.claimed END
            RETURNING done, claimed
            """);
        command.Parameters.Text(externalChargeId).Typed(refunded.ToDecimal(), NpgsqlDbType.Numeric);
        var rows = await command.ListAsync(
            row => new RefundPart(Amount.FromDecimal(row.GetDecimal(0)), Amount.FromDecimal(row.GetDecimal(1))), cancellation);
        return rows[0];
    }

    /// <inheritdoc />
    public async ValueTask CompleteAsync(string externalChargeId, RefundPart part, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand(
            "UPDATE payment_refund SET done = $3 WHERE external_charge_id = $1 AND done = $2 AND claimed = $3");
        command.Parameters.Text(externalChargeId).Typed(part.From.ToDecimal(), NpgsqlDbType.Numeric)
            .Typed(part.Until.ToDecimal(), NpgsqlDbType.Numeric);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
