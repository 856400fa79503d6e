namespace Metering.Storage.Postgres.Projections;

/// <summary>The plan a project is on at a place in the journal, and the one that its next billing period begins with, where one was
/// chosen.</summary>
internal readonly record struct ProjectPlan(string Plan, int Version, string? NextPlan, int NextVersion)
{
    /// <summary>What it is once the next billing period has begun.</summary>
    public ProjectPlan Turned() => NextPlan is null ? this : new ProjectPlan(NextPlan, NextVersion, null, 0);
}

/// <summary>A project with its plan, as far as it is known.</summary>
internal sealed class PlannedProject(int partition, byte[] customer, byte[] project) : UsageProject(partition, customer, project)
{
    public ProjectPlan? Plan { get; set; }
}

/// <summary>An entry names a project whose plan is not known here: it has to be read from the database, or the journal never opened
/// it.</summary>
internal sealed class UnknownProjectException(string message) : Exception(message);

/// <summary>The plans of a partition's projects at the place up to which the journal has been read, and which of them changed.</summary>
internal sealed class ProjectPlans
{
    private readonly int partition;
    private readonly Dictionary<byte[], PlannedProject> projects = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], PlannedProject>.AlternateLookup<ReadOnlySpan<byte>> found;
    private readonly Dictionary<PlannedProject, ProjectPlan?> before = [];

    public ProjectPlans(int partition)
    {
        this.partition = partition;
        found = projects.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public int Count => projects.Count;

    /// <summary>The projects whose plans were changed since <see cref="Keep"/>.</summary>
    public IReadOnlyCollection<PlannedProject> Changed => before.Keys;

    /// <summary>The project, with or without a plan.</summary>
    public PlannedProject Named(ReadOnlySpan<byte> customer, ReadOnlySpan<byte> project)
    {
        if (found.TryGetValue(project, out var known))
            return known;
        var (owner, id) = UsageProject.Ids(customer, project);
        known = new PlannedProject(partition, owner, id);
        projects.Add(id, known);
        return known;
    }

    /// <summary>The project with its plan.</summary>
    /// <exception cref="UnknownProjectException">The plan is not known.</exception>
    public PlannedProject Of(ReadOnlySpan<byte> project) =>
        found.TryGetValue(project, out var known) && known.Plan is not null ? known : throw new UnknownProjectException(
            $"The project '{System.Text.Encoding.UTF8.GetString(project)}' was never opened in the journal.");

    public void Set(PlannedProject project, ProjectPlan plan)
    {
        before.TryAdd(project, project.Plan);
        project.Plan = plan;
    }

    /// <summary>What was changed is in the database.</summary>
    public void Keep() => before.Clear();

    /// <summary>Takes back what was changed.</summary>
    public void Undo()
    {
        foreach (var (project, plan) in before)
            project.Plan = plan;
        before.Clear();
    }
}
