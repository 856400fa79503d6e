using System.Text;
using Metering.Grid.Partitions;

namespace Metering.Grid.Directory;

/// <summary>
/// A customer in the directory's cache: the handle by which the path of an event names it. One object a customer as long as it is
/// cached; the record behind it is replaced when the directory changes.
/// </summary>
public sealed class CustomerEntry(CustomerRecord record, int partition, int bucket)
{
    private volatile CustomerRecord record = record;
    private volatile CustomerState? state;

    /// <summary>The customer's id.</summary>
    public string Id { get; } = record.Id;

    /// <summary>The id in UTF-8.</summary>
    public byte[] IdUtf8 { get; } = Encoding.UTF8.GetBytes(record.Id);

    /// <summary>The partition it lives in, for ever.</summary>
    public int Partition { get; } = partition;

    /// <summary>The bucket of that partition.</summary>
    public int Bucket { get; } = bucket;

    /// <summary>The newest record seen.</summary>
    public CustomerRecord Record
    {
        get => record;
        set => record = value;
    }

    /// <summary>
    /// The customer in the memory of its partition, as last seen there: a short cut that spares the path of an event a search. Whoever
    /// uses it asks the state whether it still belongs to that partition.
    /// </summary>
    internal CustomerState? State
    {
        get => state;
        set => state = value;
    }
}

/// <summary>A project in the directory's cache.</summary>
public sealed class ProjectEntry(ProjectRecord record, CustomerEntry customer)
{
    private volatile ProjectRecord record = record;

    /// <summary>The project's id.</summary>
    public string Id { get; } = record.Id;

    /// <summary>The id in UTF-8.</summary>
    public byte[] IdUtf8 { get; } = Encoding.UTF8.GetBytes(record.Id);

    /// <summary>Who pays.</summary>
    public CustomerEntry Customer { get; } = customer;

    /// <summary>Whether it is the customer's default project, which has the customer's id.</summary>
    public bool IsDefault { get; } = record.Id == customer.Id;

    /// <summary>The newest record seen.</summary>
    public ProjectRecord Record
    {
        get => record;
        set => record = value;
    }
}
