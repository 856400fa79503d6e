using System.Buffers.Binary;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Metering.Core.Binary;

namespace Metering.Orleans.Serialization;

/// <summary>How values of one type are written and read.</summary>
internal abstract class ContractShape
{
    private readonly Lazy<ulong> print;

    protected ContractShape() => print = new Lazy<ulong>(() => PrintOf(Describe()));

    /// <summary>Changes with everything that changes what is written.</summary>
    public ulong Print => print.Value;

    /// <summary>What is written, in a text that changes with it.</summary>
    protected abstract string Describe();

    public abstract void Write(ByteWriter writer, object value);

    public abstract object Read(ref ByteReader reader);

    public static ContractShape Make(ContractFormat format, ContractLeaves leaves, Type type)
    {
        if (leaves.Find(type) is { } leaf)
            return leaf;
        if (type.IsEnum)
            return new EnumShape(type);
        if (ItemOf(type) is { } item)
            return new ListShape(format, item);
        if (type.IsAbstract)
            return new DerivedShape(format, type);
        return new RecordShape(format, type);
    }

    /// <summary>The item's type where values of a type are lists.</summary>
    private static Type? ItemOf(Type type)
    {
        if (type.IsArray)
            return type.GetElementType();
        return type.IsGenericType && type.GetGenericTypeDefinition() is var made
            && (made == typeof(IReadOnlyList<>) || made == typeof(IReadOnlyCollection<>) || made == typeof(List<>))
            ? type.GetGenericArguments()[0]
            : null;
    }

    private static ulong PrintOf(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    /// <summary>A type that has a form of its own.</summary>
    internal delegate object ReadLeaf(ref ByteReader reader);

    internal sealed class LeafShape(string name, Action<ByteWriter, object> write, ReadLeaf read) : ContractShape
    {
        protected override string Describe() => name;

        public override void Write(ByteWriter writer, object value) => write(writer, value);

        public override object Read(ref ByteReader reader) => read(ref reader);
    }

    private sealed class EnumShape(Type type) : ContractShape
    {
        protected override string Describe() => string.Join(',', Enum.GetNames(type));

        public override void Write(ByteWriter writer, object value) => writer.Signed(Convert.ToInt64(value, null));

        public override object Read(ref ByteReader reader)
        {
            object value = Enum.ToObject(type, reader.Signed());
            return Enum.IsDefined(type, value) ? value : throw new CorruptDataException($"There is no {type.Name} {value}.");
        }
    }

    /// <summary>A count, then the items. Read back as an array.</summary>
    private sealed class ListShape(ContractFormat format, Type item) : ContractShape
    {
        private readonly Slot slot = new(format, item);

        protected override string Describe() => $"list of {slot.Print:x}";

        public override void Write(ByteWriter writer, object value)
        {
            var items = ((System.Collections.IEnumerable)value).Cast<object?>().ToList();
            writer.Unsigned((ulong)items.Count);
            foreach (object? one in items)
                slot.Write(writer, one);
        }

        public override object Read(ref ByteReader reader)
        {
            var items = Array.CreateInstance(item, reader.CountOf(1));
            for (int index = 0; index < items.Length; index++)
                items.SetValue(slot.Read(ref reader), index);
            return items;
        }
    }

    /// <summary>The name of the type that it is, then its value.</summary>
    private sealed class DerivedShape(ContractFormat format, Type type) : ContractShape
    {
        protected override string Describe() => type.FullName!;

        public override void Write(ByteWriter writer, object value)
        {
            ContractShape shape = format.ShapeOf(value.GetType());
            writer.Text(value.GetType().FullName!);
            writer.Fixed64(shape.Print);
            shape.Write(writer, value);
        }

        public override object Read(ref ByteReader reader)
        {
            string name = reader.Text();
            if (format.FindType(name) is not { } found || !type.IsAssignableFrom(found))
                throw new CorruptDataException($"'{name}' is no {type.Name}.");
            ContractShape shape = format.ShapeOf(found);
            return reader.Fixed64() == shape.Print
                ? shape.Read(ref reader)
                : throw new CorruptDataException($"The sender's build knows '{name}' with other members.");
        }
    }

    /// <summary>What its constructor takes, then its other members that can be set.</summary>
    private sealed class RecordShape : ContractShape
    {
        private readonly ConstructorInvoker constructor;
        private readonly (PropertyInfo Property, Slot Slot)[] arguments;
        private readonly (PropertyInfo Property, Slot Slot)[] others;
        private readonly Type type;

        public RecordShape(ContractFormat format, Type type)
        {
            this.type = type;
            PropertyInfo[] properties = [.. type.GetProperties().Where(property => property.GetIndexParameters().Length == 0)];
            ConstructorInfo made = type.GetConstructors()
                .Where(made => made.GetParameters() is not [{ } only] || only.ParameterType != type)
                .MaxBy(made => made.GetParameters().Length) ?? throw new NotSupportedException($"{type} has no constructor.");
            constructor = ConstructorInvoker.Create(made);
            arguments = [.. made.GetParameters().Select(parameter => SlotOf(
                format, properties.FirstOrDefault(property => property.Name.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase))
                    ?? throw new NotSupportedException($"{type} does not show what its constructor takes.")))];
            others = [.. properties.Except(arguments.Select(argument => argument.Property))
                .Where(property => property.SetMethod is { IsPublic: true }).Select(property => SlotOf(format, property))];
        }

        protected override string Describe() =>
            string.Join(',', arguments.Concat(others).Select(member => $"{member.Property.Name}:{member.Slot.Print:x}"));

        public override void Write(ByteWriter writer, object value)
        {
            foreach (var (property, slot) in arguments)
                slot.Write(writer, property.GetValue(value));
            foreach (var (property, slot) in others)
                slot.Write(writer, property.GetValue(value));
        }

        public override object Read(ref ByteReader reader)
        {
            var values = new object?[arguments.Length];
            for (int index = 0; index < values.Length; index++)
                values[index] = arguments[index].Slot.Read(ref reader);
            object value;
            try
            {
                value = constructor.Invoke(values.AsSpan());
            }
            catch (ArgumentException exception)
            {
                throw new CorruptDataException($"A {type.Name} of these members cannot be: {exception.Message}");
            }

            foreach (var (property, slot) in others)
                property.SetValue(value, slot.Read(ref reader));
            return value;
        }

        private static (PropertyInfo Property, Slot Slot) SlotOf(ContractFormat format, PropertyInfo property) =>
            (property, new Slot(format, property.PropertyType));
    }

    /// <summary>A place for a value of a declared type: where it may be missing, a 0, or a 1 and then itself.</summary>
    private sealed class Slot(ContractFormat format, Type type)
    {
        private readonly Type underlying = Nullable.GetUnderlyingType(type) ?? type;
        private readonly bool mayBeMissing = !type.IsValueType || Nullable.GetUnderlyingType(type) is not null;

        public ulong Print => format.ShapeOf(underlying).Print + (mayBeMissing ? 1UL : 0UL);

        public void Write(ByteWriter writer, object? value)
        {
            if (mayBeMissing)
                writer.Bool(value is not null);
            if (value is not null)
                format.ShapeOf(underlying).Write(writer, value);
        }

        public object? Read(ref ByteReader reader) =>
            mayBeMissing && !reader.Bool() ? null : format.ShapeOf(underlying).Read(ref reader);
    }
}
