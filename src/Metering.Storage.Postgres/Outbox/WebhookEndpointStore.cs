using System.Data;
using Metering.Core.Time;
using Metering.Grid.History;
using Metering.Grid.Webhooks;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Outbox;

/// <summary>The endpoints of webhooks in the control database.</summary>
public sealed class WebhookEndpointStore(ControlDatabase database) : IWebhookEndpoints
{
    private const string Columns = """
        id, customer_id, url, kinds, description, enabled, disabled_reason, secret, previous_secret, previous_expires_at, created_at,
        updated_at
        """;

    /// <inheritdoc />
    public async ValueTask<bool> AddAsync(WebhookEndpoint endpoint, CancellationToken cancellation)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation);
        // One at a time of an owner, so that the count holds until the row is there.
        await using (var one = new NpgsqlCommand(
            "SELECT pg_advisory_xact_lock(hashtextextended('webhook ' || coalesce($1, ''), 0))", connection))
        {
            one.Parameters.Text(endpoint.CustomerId);
            await one.ExecuteNonQueryAsync(cancellation);
        }

        await using var insert = new NpgsqlCommand($"""
            INSERT INTO webhook_endpoint ({Columns})
            SELECT $1, $2, $3, $4, $5, $6, NULL, $7, NULL, NULL, $8, $8
            WHERE (SELECT count(*) FROM webhook_endpoint WHERE customer_id IS NOT DISTINCT FROM $2) < {IWebhookEndpoints.MostEach}
            """, connection);
        insert.Parameters.Text(endpoint.Id).Text(endpoint.CustomerId).Text(endpoint.Url)
            .Array(endpoint.Kinds.ToArray(), NpgsqlDbType.Text).Text(endpoint.Description).Bool(endpoint.Enabled)
            .Text(endpoint.Secrets[0].Text).Time(endpoint.CreatedAt);
        var added = await insert.ExecuteNonQueryAsync(cancellation) == 1;
        await transaction.CommitAsync(cancellation);
        return added;
    }

    /// <inheritdoc />
    public async ValueTask<WebhookEndpoint?> FindAsync(string id, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand($"SELECT {Columns} FROM webhook_endpoint WHERE id = $1");
        command.Parameters.Text(id);
        return await command.FirstAsync(Read, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<HistoryPage<WebhookEndpoint>> ListAsync(
        string? customerId, int limit, string? cursor, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        await using var command = database.Source.CreateCommand($"""
            SELECT {Columns} FROM webhook_endpoint
            WHERE ($1 IS NULL OR customer_id = $1) AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
            """);
        command.Parameters.Text(customerId).Text(cursor).Int(limit + 1);
        var rows = await command.ListAsync(Read, cancellation);
        if (rows.Count <= limit)
            return new HistoryPage<WebhookEndpoint>(rows, null);
        rows.RemoveAt(limit);
        return new HistoryPage<WebhookEndpoint>(rows, rows[^1].Id);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<WebhookEndpoint>> FindInterestedAsync(
        string customerId, string kind, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand($"""
            SELECT {Columns} FROM webhook_endpoint
            WHERE (customer_id = $1 OR customer_id IS NULL) AND enabled AND $2 = ANY (kinds) ORDER BY id
            """);
        command.Parameters.Text(customerId).Text(kind);
        return await command.ListAsync(Read, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<WebhookEndpoint?> ChangeAsync(
        string id, WebhookEndpointChange change, Instant at, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand($"""
            UPDATE webhook_endpoint SET url = coalesce($2, url), kinds = coalesce($3, kinds), description = coalesce($4, description),
                enabled = coalesce($5, enabled), disabled_reason = CASE WHEN $5 IS NULL THEN disabled_reason END, updated_at = $6
            WHERE id = $1 RETURNING {Columns}
            """);
        command.Parameters.Text(id).Text(change.Url);
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = (object?)change.Kinds?.ToArray() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
        });
        command.Parameters.Text(change.Description);
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = (object?)change.Enabled ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Boolean,
        });
        command.Parameters.Time(at);
        return await command.FirstAsync(Read, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<WebhookEndpoint?> RotateAsync(
        string id, string secret, Instant oldExpiresAt, Instant at, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand($"""
            UPDATE webhook_endpoint SET secret = $2, previous_secret = secret, previous_expires_at = $3, updated_at = $4 WHERE id = $1
            RETURNING {Columns}
            """);
        command.Parameters.Text(id).Text(secret).Time(oldExpiresAt).Time(at);
        return await command.FirstAsync(Read, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask DisableAsync(string id, string reason, Instant at, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand(
            "UPDATE webhook_endpoint SET enabled = false, disabled_reason = $2, updated_at = $3 WHERE id = $1 AND enabled");
        command.Parameters.Text(id).Text(reason).Time(at);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<bool> DeleteAsync(string id, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand("DELETE FROM webhook_endpoint WHERE id = $1");
        command.Parameters.Text(id);
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    private static WebhookEndpoint Read(NpgsqlDataReader row)
    {
        var secrets = new List<WebhookSecret> { new(row.GetString(7), null) };
        if (row.TextOrNull(8) is { } previous)
            secrets.Add(new WebhookSecret(previous, row.TimeAt(9)));
        return new WebhookEndpoint(
            row.GetString(0), row.TextOrNull(1), row.GetString(2), row.GetFieldValue<string[]>(3), row.GetString(4), row.GetBoolean(5),
            row.TextOrNull(6), secrets, row.TimeAt(10), row.TimeAt(11));
    }
}
