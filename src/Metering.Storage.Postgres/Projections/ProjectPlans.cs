namespace Metering.Storage.Postgres.Projections;

/// <summary>The plan a project is on at a place in the journal, and the one that its next billing period begins with, where one was
/// chosen.</summary>
internal readonly record struct ProjectPlan(string Plan, int Version, string? NextPlan, int NextVersion)
{
    /// <summary>What it is once the next billing period has begun.</summary>
    public ProjectPlan Turned() => NextPlan is null ? this : new ProjectPlan(NextPlan, NextVersion, null, 0);
}

/// <summary>The plans of a partition's projects at the place up to which the journal has been read, and which of them changed.</summary>
internal sealed class ProjectPlans
{
    private readonly Dictionary<string, ProjectPlan> plans = new(StringComparer.Ordinal);

    public int Count => plans.Count;

    public HashSet<string> Changed { get; } = new(StringComparer.Ordinal);

    public bool Knows(string project) => plans.ContainsKey(project);

    /// <exception cref="InvalidDataException">The journal has an event of a project that it never opened.</exception>
    public ProjectPlan Of(string project) =>
        plans.TryGetValue(project, out var plan) ? plan : throw new InvalidDataException(
            $"The project '{project}' was never opened in the journal.");

    /// <summary>As the database has it.</summary>
    public void Load(string project, ProjectPlan plan) => plans[project] = plan;

    public void Set(string project, ProjectPlan plan)
    {
        plans[project] = plan;
        Changed.Add(project);
    }
}
