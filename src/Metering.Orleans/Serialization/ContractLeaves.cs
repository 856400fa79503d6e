using System.Globalization;
using System.Reflection;
using Metering.Core.Binary;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using static Metering.Orleans.Serialization.ContractShape;

namespace Metering.Orleans.Serialization;

/// <summary>The types whose form is not made of their members.</summary>
internal sealed class ContractLeaves
{
    private readonly Dictionary<Type, ContractShape> known = [];

    public ContractLeaves(Func<CatalogSnapshot> catalog)
    {
        AddNumbers();
        Add<string>((writer, value) => writer.Text(value), (ref ByteReader reader) => reader.Text());
        Add<Amount>((writer, value) => writer.Amount(value), (ref ByteReader reader) => reader.Amount());
        Add<Instant>((writer, value) => writer.Instant(value), (ref ByteReader reader) => reader.Instant());
        Add<TimeSpan>((writer, value) => writer.Signed(value.Ticks), (ref ByteReader reader) => TimeSpan.FromTicks(reader.Signed()));
        Add<DateOnly>(
            (writer, value) => writer.Unsigned((ulong)value.DayNumber),
            (ref ByteReader reader) => DateOnly.FromDayNumber(reader.Count(DateOnly.MaxValue.DayNumber)));
        Add<InvoiceDigest>(
            (writer, value) => writer.Text(value.ToString()),
            (ref ByteReader reader) => reader.Text() is { Length: > 0 } text
                ? InvoiceDigest.TryCreate(text, out InvoiceDigest digest) ? digest : throw new CorruptDataException("It is no digest.")
                : default);
        Add<Invoice>(
            (writer, value) => writer.Bytes(InvoiceFormat.Write(value)), (ref ByteReader reader) => InvoiceFormat.Read(reader.Bytes()));
        Add<CreditNote>(
            (writer, value) => writer.Bytes(CreditNoteFormat.Write(value)),
            (ref ByteReader reader) => CreditNoteFormat.Read(reader.Bytes()));
        Add<AppliedCoupon>(BillingFormat.Write, (ref ByteReader reader) => BillingFormat.ReadAppliedCoupon(ref reader));
        Add<EventBatch>(
            (writer, value) => writer.Bytes(BatchFormat.Write(value, Enumerable.Range(0, value.Count).ToArray(), value.WantsBalances)),
            (ref ByteReader reader) => BatchFormat.Read(reader.Bytes(), catalog()));
        Add<ProjectEntry>(WriteProject, ReadProject);
    }

    private delegate T Reading<T>(ref ByteReader reader);

    /// <summary>The form of a type, or null where it is made of its members. Names and numbers that have a text are that text.</summary>
    public ContractShape? Find(Type type)
    {
        if (known.TryGetValue(type, out ContractShape? leaf))
            return leaf;
        if (!ContractFormat.IsContract(type) || type.GetMethod("Parse", [typeof(string)]) is not { IsStatic: true } parse)
            return null;
        MethodInvoker invoker = MethodInvoker.Create(parse);
        return new LeafShape(type.Name, (writer, value) => writer.Text(value.ToString()!), Read);

        object Read(ref ByteReader reader)
        {
            string text = reader.Text();
            if (text.Length == 0 && type.IsValueType)
                return Activator.CreateInstance(type)!;
            try
            {
                return invoker.Invoke(null, text)!;
            }
            catch (FormatException exception)
            {
                throw new CorruptDataException(exception.Message);
            }
        }
    }

    private void AddNumbers()
    {
        Add<bool>((writer, value) => writer.Bool(value), (ref ByteReader reader) => reader.Bool());
        Add<byte>((writer, value) => writer.Byte(value), (ref ByteReader reader) => reader.Byte());
        Add<int>((writer, value) => writer.Signed(value), (ref ByteReader reader) => Narrow(reader.Signed()));
        Add<long>((writer, value) => writer.Signed(value), (ref ByteReader reader) => reader.Signed());
        Add<ulong>((writer, value) => writer.Unsigned(value), (ref ByteReader reader) => reader.Unsigned());
        Add<UInt128>((writer, value) => writer.Fixed128(value), (ref ByteReader reader) => reader.Fixed128());
        Add<decimal>(
            (writer, value) => writer.Text(value.ToString(CultureInfo.InvariantCulture)),
            (ref ByteReader reader) => decimal.TryParse(
                reader.Text(), NumberStyles.Number, CultureInfo.InvariantCulture, out decimal value)
                ? value
                : throw new CorruptDataException("It is no decimal number."));
    }

    // Only the ids: the receiver knows the rest by its own directory.
    private static void WriteProject(ByteWriter writer, ProjectEntry project)
    {
        writer.Text(project.Id);
        writer.Text(project.Customer.Id);
    }

    private static ProjectEntry ReadProject(ref ByteReader reader)
    {
        string id = reader.Text();
        string customer = reader.Text();
        var owner = new CustomerRecord(customer, "", "", "", 0, "", "", null, CustomerStatus.Active, default, 0);
        return new ProjectEntry(new ProjectRecord(id, customer, "", "", 0, default, 0), new CustomerEntry(owner, 0, 0));
    }

    private static int Narrow(long value) =>
        value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new CorruptDataException("It is no number of 32 bits.");

    private void Add<T>(Action<ByteWriter, T> write, Reading<T> read)
        where T : notnull => known.Add(
        typeof(T), new LeafShape(typeof(T).Name, (writer, value) => write(writer, (T)value), (ref ByteReader reader) => read(ref reader)));
}
