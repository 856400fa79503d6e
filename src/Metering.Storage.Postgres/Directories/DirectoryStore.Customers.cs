using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Directories;

public sealed partial class DirectoryStore
{
    private const string CustomerColumns =
        "id, name, email, plan, plan_version, currency, time_zone, tier, status, created_at, version, billing, billing_anchor_day";

    private static CustomerRecord ReadCustomer(NpgsqlDataReader row, int first = 0) => new(
        row.GetString(first), row.GetString(first + 1), row.GetString(first + 2), row.GetString(first + 3), row.GetInt32(first + 4),
        row.GetString(first + 5), row.GetString(first + 6), row.TextOrNull(first + 7), (CustomerStatus)row.GetInt32(first + 8),
        PostgresTime.FromPostgres(row.GetFieldValue<long>(first + 9)), row.GetInt64(first + 10))
    {
        Billing = ParseBilling(row.GetString(first), row.TextOrNull(first + 11)),
        BillingAnchorDay = row.GetInt32(first + 12),
    };

    /// <inheritdoc />
    public async ValueTask<CustomerRecord?> FindCustomerAsync(string id, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand($"SELECT {CustomerColumns} FROM customer WHERE id = $1");
        command.Parameters.Text(id);
        return await command.FirstAsync(row => ReadCustomer(row), cancellation);
    }

    /// <inheritdoc />
    /// <exception cref="ArgumentException">The sort order is none of those named, or the limit or offset is out of range.</exception>
    public async ValueTask<CustomerPage> ListCustomersAsync(CustomerQuery query, CancellationToken cancellation)
    {
        if (query.Limit is < 1 or > 1000 || query.Offset < 0)
            throw new ArgumentException("The limit is 1 to 1,000, the offset not negative.", nameof(query));
        var column = query.Sort is "id" or "name" or "email" or "plan" or "created_at"
            ? query.Sort
            : throw new ArgumentException($"Customers are not sorted by '{query.Sort}'.", nameof(query));
        var direction = query.Descending ? "DESC" : "ASC";
        var (filter, fill) = Filter(query);

        await using var batch = database.Source.CreateBatch();
        var page = new NpgsqlBatchCommand($"""
            SELECT {CustomerColumns} FROM customer {filter}
            ORDER BY {column} {direction}, id {direction} LIMIT {query.Limit} OFFSET {query.Offset}
            """);
        var total = new NpgsqlBatchCommand($"SELECT count(*) FROM customer {filter}");
        fill(page.Parameters);
        fill(total.Parameters);
        batch.BatchCommands.Add(page);
        batch.BatchCommands.Add(total);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var customers = await reader.RowsAsync(row => ReadCustomer(row), cancellation);
        var count = await reader.NextRowsAsync(row => row.GetInt64(0), cancellation);
        return new CustomerPage(customers, count[0]);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<PlanUsers>> CountCustomersAsync(CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand("""
            SELECT project.plan, project.plan_version, customer.currency, count(*) FILTER (WHERE project.id = customer.id), count(*)
            FROM project JOIN customer ON customer.id = project.customer_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """);
        return await command.ListAsync(
            row => new PlanUsers(row.GetString(0), row.GetInt32(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4)), cancellation);
    }

    // Only the conditions that are asked for, so that each combination has a plan of its own.
    private static (string Where, Action<NpgsqlParameterCollection> Fill) Filter(CustomerQuery query)
    {
        var conditions = new List<string>();
        Action<NpgsqlParameterCollection> fill = static _ => { };
        if (query.Plan is { } plan)
        {
            fill += parameters => parameters.Text(plan);
            conditions.Add($"plan = ${conditions.Count + 1}");
        }

        if (query.Status is { } status)
        {
            fill += parameters => parameters.Int((int)status);
            conditions.Add($"status = ${conditions.Count + 1}");
        }

        if (query.Search is { Length: > 0 } search)
        {
            var escaped = search.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal)
                .Replace("_", @"\_", StringComparison.Ordinal);
            fill += parameters => parameters.Text($"%{escaped}%");
            var number = conditions.Count + 1;
            // The ids' own collation folds only ASCII letters.
            conditions.Add($"""(id COLLATE "und-x-icu" ILIKE ${number} OR name ILIKE ${number} OR email ILIKE ${number})""");
        }

        return (conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", conditions)}", fill);
    }

    // A customer is new only together with its default project: an id that any project has already is taken. ON CONFLICT also lets the
    // second of two equal ids of one call fall away.
    private const string AddCustomers = """
        WITH given AS (
                 SELECT * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                     AS given (id, name, email, plan, plan_version, currency, time_zone, tier, status, created_at, billing,
                         billing_anchor_day)),
             added AS (
                 INSERT INTO customer
                     (id, name, email, plan, plan_version, currency, time_zone, tier, status, created_at, billing,
                      billing_anchor_day, version)
                 SELECT given.*, $1 FROM given WHERE NOT EXISTS (SELECT FROM project WHERE project.id = given.id)
                 ON CONFLICT (id) DO NOTHING
                 RETURNING id, name, plan, plan_version, created_at)
        INSERT INTO project (id, customer_id, name, plan, plan_version, created_at, version)
        SELECT id, id, name, plan, plan_version, created_at, $1 FROM added
        RETURNING id
        """;

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<string>> AddCustomersAsync(
        IReadOnlyList<CustomerRecord> customers, CancellationToken cancellation)
    {
        var added = new List<string>();
        await database.ChangeAsync(async (connection, version) =>
        {
            await using var command = new NpgsqlCommand(AddCustomers, connection);
            command.Parameters.Long(version)
                .Array(customers.Select(customer => customer.Id).ToArray(), NpgsqlDbType.Text)
                .Array(customers.Select(customer => customer.Name).ToArray(), NpgsqlDbType.Text)
                .Array(customers.Select(customer => customer.Email).ToArray(), NpgsqlDbType.Text)
                .Array(customers.Select(customer => customer.Plan).ToArray(), NpgsqlDbType.Text)
                .Array(customers.Select(customer => customer.PlanVersion).ToArray(), NpgsqlDbType.Integer)
                .Array(customers.Select(customer => customer.Currency).ToArray(), NpgsqlDbType.Text)
                .Array(customers.Select(customer => customer.TimeZone).ToArray(), NpgsqlDbType.Text)
                .Array(customers.Select(customer => customer.Tier).ToArray(), NpgsqlDbType.Text)
                .Array(customers.Select(customer => (int)customer.Status).ToArray(), NpgsqlDbType.Integer)
                .Array(customers.Select(customer => customer.CreatedAt.ToPostgres()).ToArray(), NpgsqlDbType.TimestampTz)
                .Array(customers.Select(customer => FormatBilling(customer.Billing)).ToArray(), NpgsqlDbType.Json)
                .Array(customers.Select(customer => customer.BillingAnchorDay).ToArray(), NpgsqlDbType.Integer);
            added = await command.ListAsync(row => row.GetString(0), cancellation);
            return added.Count > 0;
        }, cancellation);
        // The first of two equal ids was added, the second existed by then.
        var isNew = added.ToHashSet(StringComparer.Ordinal);
        return [.. customers.Select(customer => customer.Id).Where(id => !isNew.Remove(id))];
    }

    /// <inheritdoc />
    public async ValueTask<CustomerRecord?> UpdateCustomerAsync(
        string id, string? name, string? email, string? tier, CancellationToken cancellation)
    {
        CustomerRecord? updated = null;
        await database.ChangeAsync(async (connection, version) =>
        {
            await using var command = new NpgsqlCommand($"""
                UPDATE customer SET name = coalesce($3, name), email = coalesce($4, email), tier = coalesce($5, tier), version = $2
                WHERE id = $1 RETURNING {CustomerColumns}
                """, connection);
            command.Parameters.Text(id).Long(version).Text(name).Text(email).Text(tier);
            updated = await command.FirstAsync(row => ReadCustomer(row), cancellation);
            return updated is not null;
        }, cancellation);
        return updated;
    }
}
