using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Directories;

public sealed partial class DirectoryStore
{
    private const string ProjectColumns = "id, customer_id, name, plan, plan_version, created_at, version";
    private const int ProjectColumnCount = 7;

    private static ProjectRecord ReadProject(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt32(4),
        PostgresTime.FromPostgres(row.GetFieldValue<long>(5)), row.GetInt64(6));

    /// <inheritdoc />
    public async ValueTask<ProjectRecord?> FindProjectAsync(string id, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand($"SELECT {ProjectColumns} FROM project WHERE id = $1");
        command.Parameters.Text(id);
        return await command.FirstAsync(ReadProject, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<(ProjectRecord Project, CustomerRecord Customer)>> FindProjectsAsync(
        IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand($"""
            SELECT {Prefixed("project", ProjectColumns)}, {Prefixed("customer", CustomerColumns)}
            FROM project JOIN customer ON customer.id = project.customer_id
            WHERE project.id = ANY ($1)
            """);
        command.Parameters.Array(ids.ToArray(), NpgsqlDbType.Text);
        return await command.ListAsync(row => (ReadProject(row), ReadCustomer(row, ProjectColumnCount)), cancellation);
    }

    private static string Prefixed(string table, string columns) =>
        string.Join(", ", columns.Split(", ").Select(column => $"{table}.{column}"));

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<ProjectRecord>> ListProjectsAsync(string customerId, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand(
            $"SELECT {ProjectColumns} FROM project WHERE customer_id = $1 ORDER BY created_at, id");
        command.Parameters.Text(customerId);
        return await command.ListAsync(ReadProject, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<bool> AddProjectAsync(ProjectRecord project, CancellationToken cancellation)
    {
        var added = false;
        await database.ChangeAsync(async (connection, version) => added = await ControlDatabase.ExecuteAsync(
            connection, $"INSERT INTO project ({ProjectColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
            parameters => parameters.Text(project.Id).Text(project.CustomerId).Text(project.Name).Text(project.Plan)
                .Int(project.PlanVersion).Time(project.CreatedAt).Long(version),
            cancellation) == 1, cancellation);
        return added;
    }
}
