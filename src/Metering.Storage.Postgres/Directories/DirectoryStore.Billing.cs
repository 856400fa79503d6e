using System.Text;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Directories;

// Billing profiles, taxes, coupons, exchange rates.
public sealed partial class DirectoryStore
{
    private const string TaxRates =
        "SELECT id, name, country, region, percent, valid_from, valid_until, inclusive, compound FROM tax_rate ORDER BY id";

    private const string Coupons = "SELECT id, name, percent, amount_off, currency, invoices FROM coupon ORDER BY id";

    private const string ExchangeRates = """
        SELECT currency_from, currency_to, rate, valid_from FROM exchange_rate ORDER BY currency_from, currency_to, valid_from
        """;

    private static BillingProfile ParseBilling(string customerId, string? body)
    {
        if (body is null)
            return BillingProfile.Empty;
        return BillingJson.TryReadProfile(Encoding.UTF8.GetBytes(body), out var profile, out var faults)
            ? profile
            : throw new InvalidDataException(
                $"The billing profile of customer '{customerId}' in the directory is not valid: {string.Join("; ", faults)}");
    }

    private static string? FormatBilling(BillingProfile profile) =>
        profile == BillingProfile.Empty ? null : Encoding.UTF8.GetString(BillingJson.ToBody(profile));

    /// <inheritdoc />
    public async ValueTask<CustomerRecord?> SetBillingAsync(string customerId, BillingProfile billing, CancellationToken cancellation)
    {
        CustomerRecord? updated = null;
        await database.ChangeAsync(async (connection, version) =>
        {
            await using var command = new NpgsqlCommand(
                $"UPDATE customer SET billing = $3, version = $2 WHERE id = $1 RETURNING {CustomerColumns}", connection);
            command.Parameters.Text(customerId).Long(version)
                .Typed(Encoding.UTF8.GetString(BillingJson.ToBody(billing)), NpgsqlDbType.Json);
            updated = await command.FirstAsync(row => ReadCustomer(row), cancellation);
            return updated is not null;
        }, cancellation);
        return updated;
    }

    /// <inheritdoc />
    public ValueTask<FactPutStatus> PutTaxRateAsync(TaxRate rate, CancellationToken cancellation) => PutAsync(
        """
        INSERT INTO tax_rate AS old (id, name, country, region, percent, valid_from, valid_until, inclusive, compound)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, country = excluded.country, region = excluded.region,
            percent = excluded.percent, valid_from = excluded.valid_from, valid_until = excluded.valid_until,
            inclusive = excluded.inclusive, compound = excluded.compound
        WHERE (old.*) IS DISTINCT FROM (excluded.*)
        RETURNING xmax = 0
        """,
        parameters => parameters.Text(rate.Id.Value).Text(rate.Name).Text(rate.Country).Text(rate.Region).Number(rate.Percent)
            .DayOrNull(rate.ValidFrom).DayOrNull(rate.ValidUntil).Bool(rate.Inclusive).Bool(rate.Compound),
        cancellation);

    /// <inheritdoc />
    public ValueTask<FactPutStatus> PutCouponAsync(Coupon coupon, CancellationToken cancellation) => PutAsync(
        """
        INSERT INTO coupon AS old (id, name, percent, amount_off, currency, invoices) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, percent = excluded.percent, amount_off = excluded.amount_off,
            currency = excluded.currency, invoices = excluded.invoices
        WHERE (old.*) IS DISTINCT FROM (excluded.*)
        RETURNING xmax = 0
        """,
        parameters => parameters.Text(coupon.Id.Value).Text(coupon.Name).NumberOrNull(coupon.Percent).NumberOrNull(coupon.AmountOff)
            .Text(coupon.Currency?.Code).IntOrNull(coupon.Invoices),
        cancellation);

    /// <inheritdoc />
    public ValueTask<FactPutStatus> PutExchangeRateAsync(ExchangeRate rate, CancellationToken cancellation) => PutAsync(
        """
        INSERT INTO exchange_rate AS old (currency_from, currency_to, valid_from, rate) VALUES ($1, $2, $3, $4)
        ON CONFLICT (currency_from, currency_to, valid_from) DO UPDATE SET rate = excluded.rate
        WHERE old.rate <> excluded.rate
        RETURNING xmax = 0
        """,
        parameters => parameters.Text(rate.From.Code).Text(rate.To.Code).DayOrNull(rate.ValidFrom).Number(rate.Rate), cancellation);

    /// <inheritdoc />
    public ValueTask<bool> RemoveTaxRateAsync(TaxRateId id, CancellationToken cancellation) =>
        RemoveAsync("DELETE FROM tax_rate WHERE id = $1", parameters => parameters.Text(id.Value), cancellation);

    /// <inheritdoc />
    public ValueTask<bool> RemoveCouponAsync(CouponId id, CancellationToken cancellation) =>
        RemoveAsync("DELETE FROM coupon WHERE id = $1", parameters => parameters.Text(id.Value), cancellation);

    /// <inheritdoc />
    public ValueTask<bool> RemoveExchangeRateAsync(Currency from, Currency to, DateOnly validFrom, CancellationToken cancellation) =>
        RemoveAsync(
            "DELETE FROM exchange_rate WHERE currency_from = $1 AND currency_to = $2 AND valid_from = $3",
            parameters => parameters.Text(from.Code).Text(to.Code).DayOrNull(validFrom), cancellation);

    private async ValueTask<FactPutStatus> PutAsync(
        string sql, Action<NpgsqlParameterCollection> fill, CancellationToken cancellation)
    {
        var status = FactPutStatus.Unchanged;
        await database.ChangeAsync(async (connection, version) =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            fill(command.Parameters);
            var isNew = await command.ListAsync(row => row.GetBoolean(0), cancellation);
            if (isNew.Count == 0)
                return false;
            status = isNew[0] ? FactPutStatus.Created : FactPutStatus.Changed;
            await RaiseCatalogAsync(connection, version, cancellation);
            return true;
        }, cancellation);
        return status;
    }

    private async ValueTask<bool> RemoveAsync(string sql, Action<NpgsqlParameterCollection> fill, CancellationToken cancellation)
    {
        var removed = false;
        await database.ChangeAsync(async (connection, version) =>
        {
            removed = await ControlDatabase.ExecuteAsync(connection, sql, fill, cancellation) > 0;
            if (removed)
                await RaiseCatalogAsync(connection, version, cancellation);
            return removed;
        }, cancellation);
        return removed;
    }

    private static TaxRate ReadTaxRate(NpgsqlDataReader row) => new()
    {
        Id = TaxRateId.Parse(row.GetString(0)),
        Name = row.GetString(1),
        Country = row.GetString(2),
        Region = row.GetString(3),
        Percent = Amount.FromDecimal(row.GetDecimal(4)),
        ValidFrom = row.IsDBNull(5) ? null : row.GetFieldValue<DateOnly>(5),
        ValidUntil = row.IsDBNull(6) ? null : row.GetFieldValue<DateOnly>(6),
        Inclusive = row.GetBoolean(7),
        Compound = row.GetBoolean(8),
    };

    private static Coupon ReadCoupon(NpgsqlDataReader row) => new()
    {
        Id = CouponId.Parse(row.GetString(0)),
        Name = row.GetString(1),
        Percent = row.IsDBNull(2) ? null : Amount.FromDecimal(row.GetDecimal(2)),
        AmountOff = row.IsDBNull(3) ? null : Amount.FromDecimal(row.GetDecimal(3)),
        Currency = row.IsDBNull(4) ? null : Currency.Parse(row.GetString(4)),
        Invoices = row.IsDBNull(5) ? null : row.GetInt32(5),
    };

    private static ExchangeRate ReadExchangeRate(NpgsqlDataReader row) => new(
        Currency.Parse(row.GetString(0)), Currency.Parse(row.GetString(1)), Amount.FromDecimal(row.GetDecimal(2)),
        row.GetFieldValue<DateOnly>(3));
}
