using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Npgsql;

namespace Metering.Storage.Postgres.Directories;

public sealed partial class DirectoryStore
{
    private const string KeyColumns = "id, sha256, prefix, customer_id, name, scopes, created_at, revoked_at, version";

    private static KeyRecord ReadKey(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetFieldValue<byte[]>(1), row.GetString(2), row.TextOrNull(3), row.GetString(4),
        (KeyScopes)row.GetInt32(5), PostgresTime.FromPostgres(row.GetFieldValue<long>(6)),
        row.IsDBNull(7) ? null : PostgresTime.FromPostgres(row.GetFieldValue<long>(7)), row.GetInt64(8));

    /// <inheritdoc />
    public async ValueTask<KeyRecord?> FindKeyAsync(ReadOnlyMemory<byte> sha256, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand($"SELECT {KeyColumns} FROM api_key WHERE sha256 = $1");
        command.Parameters.Bytes(sha256.ToArray());
        return await command.FirstAsync(ReadKey, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<KeyRecord?> FindKeyByIdAsync(string id, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand($"SELECT {KeyColumns} FROM api_key WHERE id = $1");
        command.Parameters.Text(id);
        return await command.FirstAsync(ReadKey, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<KeyRecord>> ListKeysAsync(string? customerId, CancellationToken cancellation)
    {
        var whose = customerId is null ? "customer_id IS NULL" : "customer_id = $1";
        await using var command = database.Source.CreateCommand(
            $"SELECT {KeyColumns} FROM api_key WHERE {whose} ORDER BY created_at DESC, id DESC");
        if (customerId is not null)
            command.Parameters.Text(customerId);
        return await command.ListAsync(ReadKey, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<bool> AddKeyAsync(KeyRecord key, CancellationToken cancellation)
    {
        var added = false;
        await database.ChangeAsync(async (connection, version) => added = await ControlDatabase.ExecuteAsync(
            connection, $"INSERT INTO api_key ({KeyColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (sha256) DO NOTHING",
            parameters => parameters.Text(key.Id).Bytes(key.Sha256).Text(key.Prefix).Text(key.CustomerId).Text(key.Name)
                .Int((int)key.Scopes).Time(key.CreatedAt).TimeOrNull(key.RevokedAt).Long(version),
            cancellation) == 1, cancellation);
        return added;
    }

    /// <inheritdoc />
    public async ValueTask<KeyRecord?> RevokeKeyAsync(string id, Instant at, CancellationToken cancellation)
    {
        KeyRecord? revoked = null;
        await database.ChangeAsync(async (connection, version) =>
        {
            await using var command = new NpgsqlCommand(
                $"""
                UPDATE api_key SET revoked_at = $3, version = $2
                WHERE id = $1 AND revoked_at IS NULL AND (customer_id IS NOT NULL OR EXISTS (
                    SELECT FROM api_key AS other WHERE other.id <> $1 AND other.customer_id IS NULL AND other.revoked_at IS NULL))
                RETURNING {KeyColumns}
                """, connection);
            command.Parameters.Text(id).Long(version).Time(at);
            revoked = await command.FirstAsync(ReadKey, cancellation);
            return revoked is not null;
        }, cancellation);
        return revoked ?? await FindKeyByIdAsync(id, cancellation);
    }
}
