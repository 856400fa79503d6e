using System.Text;
using Metering.Grid.Directory;

namespace Metering.Storage.Postgres.Projections;

/// <summary>A project whose usage is written. One object serves many batches, so that its texts are made once.</summary>
internal class UsageProject(int partition, byte[] customer, byte[] project)
{
    private string? customerId;
    private string? projectId;

    public int Partition => partition;

    /// <summary>The customer's id in UTF-8.</summary>
    public byte[] Customer => customer;

    /// <summary>The project's id in UTF-8.</summary>
    public byte[] Project => project;

    public string CustomerId => customerId ??= Encoding.UTF8.GetString(customer);

    public string ProjectId => projectId ??= customer == project ? CustomerId : Encoding.UTF8.GetString(project);

    /// <summary>Which numbering <see cref="Number"/> belongs to.</summary>
    public object? Numbering { get; private set; }

    /// <summary>Its number there, from 0.</summary>
    public int Number { get; private set; }

    /// <summary>Gives it the next number of a list, unless it is on it.</summary>
    public void Join(List<UsageProject> projects)
    {
        if (Numbering == projects && Number < projects.Count && projects[Number] == this)
            return;
        (Numbering, Number) = (projects, projects.Count);
        projects.Add(this);
    }

    /// <summary>The customer's bucket of hourly changes within the partition.</summary>
    public int Bucket { get; } = HourChanges.BucketOf(customer);

    /// <summary>The id in UTF-8, in one array for customer and project where they are the same.</summary>
    public static (byte[] Customer, byte[] Project) Ids(ReadOnlySpan<byte> customer, ReadOnlySpan<byte> project)
    {
        byte[] owner = customer.ToArray();
        return (owner, customer.SequenceEqual(project) ? owner : project.ToArray());
    }
}
