using System.Collections.Concurrent;
using Metering.Core.Binary;
using Metering.Grid.Directory;

namespace Metering.Orleans.Serialization;

/// <summary>
/// Commands and answers of wallets, projects and billing on their way between processes: records of Metering.Core and Metering.Grid by
/// their members, and what has a format of its own in that. Not the path of events, which is <see cref="BatchFormat"/>.
/// </summary>
/// <remarks>
/// Body: version (1), the type's name, an 8-byte print of its members, the value. A build that knows the type with other members refuses
/// the body, it does not misread it: during a change of version such a call is answered as unavailable.
/// </remarks>
public sealed class ContractFormat
{
    private const byte Version = 1;

    private readonly ConcurrentDictionary<Type, ContractShape> shapes = [];
    private readonly ConcurrentDictionary<string, Type?> names = new(StringComparer.Ordinal);
    private readonly ContractLeaves leaves;

    /// <param name="catalog">Gives the catalogue by which events that a command carries are read.</param>
    public ContractFormat(Func<CatalogSnapshot> catalog) => leaves = new ContractLeaves(catalog);

    /// <summary>Whether a type is one of the contracts.</summary>
    public static bool IsContract(Type type) => !type.IsInterface && !type.ContainsGenericParameters
        && (type.Assembly == typeof(ByteReader).Assembly || type.Assembly == typeof(IDirectory).Assembly);

    /// <summary>Encodes a value of a contract's type.</summary>
    public byte[] Write(object value)
    {
        Type type = value.GetType();
        ContractShape shape = ShapeOf(type);
        var writer = new ByteWriter();
        writer.Byte(Version);
        writer.Text(type.FullName!);
        writer.Fixed64(shape.Print);
        shape.Write(writer, value);
        return writer.Span.ToArray();
    }

    /// <summary>Decodes a value.</summary>
    /// <exception cref="CorruptDataException">No value was written as this body, or another build wrote it.</exception>
    public object Read(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body);
        if (reader.Byte() != Version)
            throw new CorruptDataException("The contract has a version that this build does not know.");
        string name = reader.Text();
        ContractShape shape = ShapeOf(FindType(name) ?? throw new CorruptDataException($"There is no contract '{name}'."));
        if (reader.Fixed64() != shape.Print)
            throw new CorruptDataException($"The sender's build knows '{name}' with other members.");
        object value = shape.Read(ref reader);
        return reader.IsAtEnd ? value : throw new CorruptDataException("More than a value was written.");
    }

    /// <summary>How a type is written; made once.</summary>
    internal ContractShape ShapeOf(Type type) => shapes.GetOrAdd(type, key => ContractShape.Make(this, leaves, key));

    /// <summary>A contract by its name, which comes from another process: nothing outside of the two assemblies is ever found.</summary>
    internal Type? FindType(string name) => names.Count > 10_000 ? Find(name) : names.GetOrAdd(name, Find);

    private static Type? Find(string name)
    {
        Type? type = typeof(ByteReader).Assembly.GetType(name) ?? typeof(IDirectory).Assembly.GetType(name);
        return type is not null && IsContract(type) && !type.IsAbstract ? type : null;
    }
}
