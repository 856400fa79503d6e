using System.Data;
using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Directories;

public sealed partial class DirectoryStore
{
    /// <inheritdoc />
    /// <exception cref="InvalidDataException">A body in the database is not one this build can read.</exception>
    public async ValueTask<CatalogRecord> ReadCatalogAsync(CancellationToken cancellation)
    {
        // One snapshot: a plan names meters that must be among those read.
        await using var connection = await database.Source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        return await ReadCatalogAsync(connection, cancellation);
    }

    private static async Task<CatalogRecord> ReadCatalogAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT id, body::text FROM meter ORDER BY id"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT id, version, body::text FROM plan ORDER BY id, version"));
        foreach (var sql in new[] { TaxRates, Coupons, ExchangeRates })
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var meters = await reader.RowsAsync(row => ParseMeter(row.GetString(0), row.GetString(1)), cancellation);
        var known = meters.ToDictionary(meter => meter.Id);
        var plans = await reader.NextRowsAsync(
            row => ParsePlan(row.GetString(0), row.GetInt32(1), row.GetString(2), known), cancellation);
        return new CatalogRecord(meters, plans)
        {
            TaxRates = await reader.NextRowsAsync(ReadTaxRate, cancellation),
            Coupons = await reader.NextRowsAsync(ReadCoupon, cancellation),
            ExchangeRates = await reader.NextRowsAsync(ReadExchangeRate, cancellation),
        };
    }

    private static Meter ParseMeter(string id, string body) =>
        CatalogJson.TryReadMeter(MeterId.Parse(id), Encoding.UTF8.GetBytes(body), out var meter, out var faults)
            ? meter
            : throw new InvalidDataException($"The meter '{id}' in the directory is not valid: {string.Join("; ", faults)}");

    private static Plan ParsePlan(string id, int version, string body, IReadOnlyDictionary<MeterId, Meter> meters) =>
        CatalogJson.TryReadPlan(PlanId.Parse(id), version, Encoding.UTF8.GetBytes(body), meters, out var plan, out var faults)
            ? plan
            : throw new InvalidDataException(
                $"The plan '{id}', version {version}, in the directory is not valid: {string.Join("; ", faults)}");

    /// <inheritdoc />
    public async ValueTask<MeterPutStatus> PutMeterAsync(Meter meter, CancellationToken cancellation)
    {
        var status = MeterPutStatus.Unchanged;
        await database.ChangeAsync(async (connection, version) =>
        {
            // The row is locked against being marked as used in the meantime.
            await using var find = new NpgsqlCommand("SELECT used, body::text FROM meter WHERE id = $1 FOR UPDATE", connection);
            find.Parameters.Text(meter.Id.Value);
            var found = await find.ListAsync(
                row => (Used: row.GetBoolean(0), Meter: ParseMeter(meter.Id.Value, row.GetString(1))), cancellation);
            status = found.Count == 0 ? MeterPutStatus.Created
                : found[0].Meter == meter ? MeterPutStatus.Unchanged
                : found[0].Used ? MeterPutStatus.InUse
                : MeterPutStatus.Changed;
            if (status is MeterPutStatus.Unchanged or MeterPutStatus.InUse)
                return false;
            // The version's row lock holds off every other change of the catalogue until this one has ended.
            if (!CatalogCheck.Takes(await ReadCatalogAsync(connection, cancellation), meter))
            {
                status = MeterPutStatus.Conflicts;
                return false;
            }

            await ControlDatabase.ExecuteAsync(
                connection, "INSERT INTO meter (id, body) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                parameters => parameters.Text(meter.Id.Value).Typed(Encoding.UTF8.GetString(CatalogJson.ToBody(meter)), NpgsqlDbType.Json),
                cancellation);
            await RaiseCatalogAsync(connection, version, cancellation);
            return true;
        }, cancellation);
        return status;
    }

    /// <inheritdoc />
    public async ValueTask MarkMetersUsedAsync(IReadOnlyList<string> meters, CancellationToken cancellation)
    {
        // Nothing that the directory hands out shows this, so the version stays.
        await using var command = database.Source.CreateCommand("UPDATE meter SET used = true WHERE id = ANY ($1) AND NOT used");
        command.Parameters.Array(meters.ToArray(), NpgsqlDbType.Text);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<Plan> PutPlanAsync(Plan plan, CancellationToken cancellation)
    {
        var stands = plan;
        await database.ChangeAsync(async (connection, version) =>
        {
            var catalog = await ReadCatalogAsync(connection, cancellation);
            var newest = catalog.Plans.LastOrDefault(other => other.Id == plan.Id);
            if (newest is not null && newest == plan with { Version = newest.Version })
            {
                stands = newest;
                return false;
            }

            if (CatalogCheck.FaultsOf(catalog, plan) is { Count: > 0 } faults)
                throw new CatalogConflictException(faults);
            stands = plan with { Version = (newest?.Version ?? 0) + 1 };
            await ControlDatabase.ExecuteAsync(
                connection, "INSERT INTO plan (id, version, body) VALUES ($1, $2, $3)",
                parameters => parameters.Text(plan.Id.Value).Int(stands.Version)
                    .Typed(Encoding.UTF8.GetString(CatalogJson.ToBody(stands)), NpgsqlDbType.Json),
                cancellation);
            await RaiseCatalogAsync(connection, version, cancellation);
            return true;
        }, cancellation);
        return stands;
    }

    private static Task<int> RaiseCatalogAsync(NpgsqlConnection connection, long version, CancellationToken cancellation) =>
        ControlDatabase.ExecuteAsync(
            connection, "UPDATE directory_version SET catalog = $1", parameters => parameters.Long(version), cancellation);
}
