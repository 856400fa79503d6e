using System.Text;
using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Grid.Directory;
using Metering.Grid.Journal;
using Metering.Grid.Tests.Partitions;

namespace Metering.Grid.Tests.Journal;

public sealed class GroupFormatTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Journal", "Frozen");

    private static readonly string[] Groups = ["group-v1", "billing-group-v1", "terms-group-v1"];

    [Fact]
    public void Every_entry_kind_is_written_byte_by_byte_as_it_always_was()
    {
        string found = string.Join('\n', SampleGroup.Entries().Select(entry =>
            $"{entry.Name}: {Convert.ToHexStringLower(SampleGroup.Of(entry.Write))}"));

        Assert.Equal(Frozen("entries-v1.txt"), found);
        string billing = string.Join('\n', BillingSample.Entries().Select(entry =>
            $"{entry.Name}: {Convert.ToHexStringLower(SampleGroup.Of(entry.Write))}"));
        Assert.Equal(Frozen("billing-entries-v1.txt"), billing);
        string terms = string.Join('\n', TermsSample.Entries().Select(entry =>
            $"{entry.Name}: {Convert.ToHexStringLower(SampleGroup.Of(entry.Write))}"));
        Assert.Equal(Frozen("terms-entries-v1.txt"), terms);
    }

    [Fact]
    public void Frozen_journal_of_version_1_still_reads_the_same()
    {
        foreach (string name in Groups)
        {
            byte[] body = Convert.FromBase64String(Frozen($"{name}.base64"));
            Assert.Equal(Frozen($"{name}.txt"), string.Join('\n', EntryText.Of(1, body)));
        }
    }

    [Fact]
    public void Frozen_journal_has_every_entry_kind()
    {
        // The first two are never shown, and the short form of a burn is shown as what it is short for.
        var kinds = new HashSet<EntryKind> { EntryKind.Customer, EntryKind.Shape, EntryKind.EventBurn };
        foreach (string name in Groups)
        {
            var reader = new GroupReader();
            reader.Open(1, Convert.FromBase64String(Frozen($"{name}.base64")));
            while (reader.Read())
                kinds.Add(reader.Kind);
        }

        Assert.Equal(Enum.GetValues<EntryKind>().Order(), kinds.Order());
    }

    [Fact]
    public void What_is_written_is_what_was_frozen()
    {
        Assert.Equal(Frozen("group-v1.base64"), Convert.ToBase64String(SampleGroup.Whole()));
        Assert.Equal(Frozen("billing-group-v1.base64"), Convert.ToBase64String(BillingSample.Whole()));
        Assert.Equal(Frozen("terms-group-v1.base64"), Convert.ToBase64String(TermsSample.Whole()));
    }

    [Fact]
    public void Flipped_byte_anywhere_is_refused()
    {
        byte[] body = SampleGroup.Whole();
        for (int i = 0; i < body.Length; i++)
        {
            for (int bit = 1; bit < 256; bit <<= 1)
            {
                body[i] ^= (byte)bit;
                Assert.Throws<CorruptDataException>(() => new GroupReader().Open(1, body));
                body[i] ^= (byte)bit;
            }
        }
    }

    [Fact]
    public void Broken_entries_behind_a_right_checksum_are_corrupt_data_and_nothing_else()
    {
        BreakAndRead(SampleGroup.Whole());
        BreakAndRead(BillingSample.Whole());
        BreakAndRead(TermsSample.Whole());
    }

    private static void BreakAndRead(byte[] body)
    {
        var random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 40_000; i++)
        {
            byte[] broken = body[..(i % 2 == 0 ? body.Length : random.Next(6, body.Length))];
            for (int changes = random.Next(i % 2, 4); changes >= 0; changes--)
                broken[random.Next(1, broken.Length - 4)] = (byte)random.Next(256);
            BitConverter.TryWriteBytes(broken.AsSpan(broken.Length - 4), Placement.Crc32C(broken.AsSpan(0, broken.Length - 4)));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ReadAll(broken);
            }
            catch (CorruptDataException)
            {
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }

        Assert.InRange(refused, 10_000, 40_000);
    }

    [Fact]
    public void Unknown_version_is_refused()
    {
        byte[] body = SampleGroup.Whole();
        body[0] = GroupWriter.Version + 1;
        Assert.Throws<CorruptDataException>(() => new GroupReader().Open(1, body));
    }

    [Fact]
    public void Customer_is_written_with_the_first_entry_that_follows()
    {
        var writer = new GroupWriter();
        writer.Begin(1);
        writer.Customer("c1", "c1"u8, SampleGroup.Now, 0);
        Assert.True(writer.IsEmpty);
        writer.Customer("c2", "c2"u8, SampleGroup.Now, 45);
        writer.StatusChanged(CustomerStatus.Active);

        Assert.Equal(["c2 2025-01-17T14:30:00.000001Z +45 status Active"], EntryText.Of(1, writer.Close().ToArray()));
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(1000, 1)]
    [InlineData(100, 100)]
    [InlineData(1000, 300)]
    public void Event_of_a_batch_takes_at_most_75_bytes_of_journal(int events, int customers)
    {
        var random = new Random(events);
        var partition = new PartitionHarness();
        string[] names = [.. Enumerable.Range(0, customers).Select(_ => $"cus_{random.NextInt64():x16}"[..20])];
        foreach (string name in names)
        {
            partition.AddCustomer(name, "llm-prepaid");
            partition.Grant(name, "1000000");
            partition.Send(Event(name));
        }

        int groups = partition.Groups.Count;
        partition.Now += TimeSpan.FromSeconds(1);
        partition.Send([.. Enumerable.Range(0, events).Select(_ => Event(names[random.Next(names.Length)]))]);

        (long _, byte[] body) = Assert.Single(partition.Groups.Skip(groups));
        int most = customers == 1 ? 50 : 75;
        Assert.True(
            body.Length <= most * events,
            $"{events} events of {customers} customers: {body.Length / (double)events:F1} bytes an event");

        Ev Event(string customer)
        {
            byte[] id = new byte[16];
            random.NextBytes(id);
            return Ev.Tokens(
                customer, new Guid(id).ToString(), random.Next(20_000), random.Next(4_000), random.Next(2) == 0 ? "gpt-4o" : "gpt-4-turbo")
                with { Time = partition.Now - TimeSpan.FromMicroseconds(random.Next(3_000_000)) };
        }
    }

    private static void ReadAll(byte[] body)
    {
        var reader = new GroupReader();
        reader.Open(1, body);
        while (reader.Read())
        {
            _ = reader.CustomerId;
            _ = reader.Id.Length;
            _ = reader.Kind switch
            {
                EntryKind.InvoiceIssued => (object)reader.ReadInvoice(),
                EntryKind.CreditNoteIssued => reader.ReadCreditNote(),
                EntryKind.CouponApplied => reader.ReadAppliedCoupon(),
                _ => reader.Kind,
            };
        }
    }

    private static string Frozen(string file) => File.ReadAllText(Path.Combine(Folder, file), Encoding.UTF8).TrimEnd('\n');
}
