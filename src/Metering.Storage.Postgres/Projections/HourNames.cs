using Metering.Core.Binary;

namespace Metering.Storage.Postgres.Projections;

/// <summary>
/// The projects and combinations that bodies of <see cref="HourChanges"/> name, one object each over all bodies that are read together.
/// </summary>
/// <param name="partition">The partition whose changes are read.</param>
internal sealed class HourNames(int partition)
{
    private readonly Dictionary<byte[], UsageProject> known = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], Combination> combinations = new(BytesComparer.Instance);
    private readonly List<UsageProject> numbered = [];
    private readonly List<UsageProject> projectsOfBody = [];
    private readonly List<Combination> combinationsOfBody = [];
    private readonly ByteWriter key = new();

    public void BeginBody()
    {
        projectsOfBody.Clear();
        combinationsOfBody.Clear();
    }

    public UsageProject Project(ref ByteReader reader)
    {
        var number = reader.Count(projectsOfBody.Count);
        if (number > 0)
            return projectsOfBody[number - 1];
        var customer = reader.Bytes();
        var project = reader.Bytes();
        var found = Project(customer, project.IsEmpty ? customer : project);
        projectsOfBody.Add(found);
        return found;
    }

    public UsageProject Project(ReadOnlySpan<byte> customer, ReadOnlySpan<byte> id)
    {
        if (!known.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(id, out var found))
        {
            var (owner, own) = UsageProject.Ids(customer, id);
            found = new UsageProject(partition, owner, own);
            found.Join(numbered);
            known.Add(own, found);
        }

        return found;
    }

    public Combination Combination(ref ByteReader reader)
    {
        var number = reader.Count(combinationsOfBody.Count);
        if (number > 0)
            return combinationsOfBody[number - 1];
        var found = Combination(reader.Bytes(), reader.Bytes());
        combinationsOfBody.Add(found);
        return found;
    }

    public Combination Combination(ReadOnlySpan<byte> meter, ReadOnlySpan<byte> dimensions)
    {
        key.Clear();
        key.Bytes(meter);
        key.Raw(dimensions);
        if (!combinations.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key.Span, out var found))
        {
            found = new Combination(string.Intern(System.Text.Encoding.UTF8.GetString(meter)), dimensions.ToArray(), combinations.Count);
            combinations.Add(key.Span.ToArray(), found);
        }

        return found;
    }
}
