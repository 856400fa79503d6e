using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Directories;

public sealed partial class DirectoryStore
{
    // The customer shows the plan of its default project, which has its id. A position that is shown already changes nothing, so that
    // facts may arrive twice without waking every process that follows the version.
    private const string FollowPlans = """
        WITH fact AS (SELECT * FROM unnest($2, $3, $4, $5) AS fact (id, plan, plan_version, seq)),
             shown AS (
                 UPDATE customer SET plan = fact.plan, plan_version = fact.plan_version, plan_seq = fact.seq, version = $1
                 FROM fact WHERE customer.id = fact.id AND customer.plan_seq <= fact.seq
                     AND (customer.plan, customer.plan_version, customer.plan_seq) <> (fact.plan, fact.plan_version, fact.seq))
        UPDATE project SET plan = fact.plan, plan_version = fact.plan_version, plan_seq = fact.seq, version = $1
        FROM fact WHERE project.id = fact.id AND project.plan_seq <= fact.seq
            AND (project.plan, project.plan_version, project.plan_seq) <> (fact.plan, fact.plan_version, fact.seq)
        """;

    private const string FollowStatuses = """
        UPDATE customer SET status = fact.status, status_seq = fact.seq, version = $1
        FROM unnest($2, $3, $4) AS fact (id, status, seq)
        WHERE customer.id = fact.id AND customer.status_seq <= fact.seq
            AND (customer.status, customer.status_seq) <> (fact.status, fact.seq)
        """;

    /// <inheritdoc />
    public async ValueTask FollowPartitionAsync(IReadOnlyList<PartitionFact> facts, CancellationToken cancellation)
    {
        // Of several facts about the same thing the one with the newest position stands; of two in one group the later one: the sort is
        // stable.
        var plans = new Dictionary<string, PartitionFact>(StringComparer.Ordinal);
        var statuses = new Dictionary<string, PartitionFact>(StringComparer.Ordinal);
        foreach (var fact in facts.OrderBy(fact => fact.Sequence))
        {
            if (fact.Plan is not null)
                plans[fact.ProjectId] = fact;
            if (fact.Status is not null)
                statuses[fact.CustomerId] = fact;
        }

        if (plans.Count == 0 && statuses.Count == 0)
            return;
        await database.ChangeAsync(
            async (connection, version) =>
            {
                var projects = await FollowPlansAsync(connection, version, [.. plans.Values], cancellation);
                var customers = await FollowStatusesAsync(connection, version, [.. statuses.Values], cancellation);
                return projects + customers > 0;
            },
            cancellation);
    }

    private static Task<int> FollowPlansAsync(
        NpgsqlConnection connection, long version, IReadOnlyList<PartitionFact> facts, CancellationToken cancellation) =>
        ControlDatabase.ExecuteAsync(connection, FollowPlans, parameters => parameters.Long(version)
            .Array(facts.Select(fact => fact.ProjectId).ToArray(), NpgsqlDbType.Text)
            .Array(facts.Select(fact => fact.Plan!).ToArray(), NpgsqlDbType.Text)
            .Array(facts.Select(fact => fact.PlanVersion).ToArray(), NpgsqlDbType.Integer)
            .Array(facts.Select(fact => fact.Sequence).ToArray(), NpgsqlDbType.Bigint), cancellation);

    private static Task<int> FollowStatusesAsync(
        NpgsqlConnection connection, long version, IReadOnlyList<PartitionFact> facts, CancellationToken cancellation) =>
        ControlDatabase.ExecuteAsync(connection, FollowStatuses, parameters => parameters.Long(version)
            .Array(facts.Select(fact => fact.CustomerId).ToArray(), NpgsqlDbType.Text)
            .Array(facts.Select(fact => (int)fact.Status!.Value).ToArray(), NpgsqlDbType.Integer)
            .Array(facts.Select(fact => fact.Sequence).ToArray(), NpgsqlDbType.Bigint), cancellation);
}
