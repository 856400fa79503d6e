using System.Buffers;
using Metering.Core.Binary;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Directory;

namespace Metering.Grid.Partitions;

/// <content>Which customers are in memory, what is saved of them, and when they are due.</content>
public sealed partial class PartitionState
{
    private const byte BucketVersion = 3;

    /// <summary>The oldest version that is still read.</summary>
    private const byte OldestBucketVersion = 2;

    private const byte RecordVersion = 2;

    private readonly ByteWriter bucketWriter = new(1024);

    /// <summary>When the next bucket, loaded or not, is due; <see cref="Instant.MaxValue"/> for never.</summary>
    public Instant NextDue
    {
        get
        {
            if (nextDueIsStale)
            {
                nextDue = buckets.Min(bucket => bucket.Due);
                nextDueIsStale = false;
            }

            return nextDue;
        }
    }

    /// <summary>Whether a bucket's customers are in memory.</summary>
    public bool IsLoaded(int bucket) => buckets[bucket].IsLoaded;

    /// <summary>Whether a loaded bucket has changed since it was loaded or saved.</summary>
    public bool IsDirty(int bucket) => buckets[bucket].IsDirty;

    /// <summary>The group of a loaded bucket's newest change: it must be durable before the bucket is saved.</summary>
    public long ChangedAt(int bucket) => buckets[bucket].ChangedAt;

    /// <summary>Puts a bucket into memory; an empty body is a bucket without customers.</summary>
    public void Load(int bucket, long sequence, ReadOnlyMemory<byte> body)
    {
        Bucket target = buckets[bucket];
        if (target.IsLoaded)
            throw new InvalidOperationException($"Bucket {bucket} is in memory already.");
        if (!body.IsEmpty)
            Read(target, body.Span);
        target.IsLoaded = true;
        target.LoadedAt = sequence;
        target.ChangedAt = sequence;
        target.UsedAt = ++uses;
        Recompute(target);
    }

    /// <summary>Encodes a loaded bucket as it is now and marks it clean.</summary>
    /// <returns>When the bucket is next due, or null.</returns>
    public Instant? Save(int bucket, IBufferWriter<byte> body)
    {
        Bucket source = buckets[bucket];
        Require(source.IsLoaded, bucket);
        bucketWriter.Clear(1 << 20);
        bucketWriter.Byte(BucketVersion);
        bucketWriter.Unsigned((ulong)source.Customers.Count);
        foreach (CustomerState customer in source.Customers)
        {
            Forget(customer);
            customer.Write(bucketWriter);
        }

        bucketWriter.Fixed32(Placement.Crc32C(bucketWriter.Span));
        body.Write(bucketWriter.Span);
        source.IsDirty = false;
        return source.Due == Instant.MaxValue ? null : source.Due;
    }

    /// <summary>Whether any bucket has changes that are not saved.</summary>
    public bool HasDirty => Array.Exists(buckets, bucket => bucket.IsDirty);

    /// <summary>Marks a bucket dirty again, because its saved form did not reach the database.</summary>
    public void MarkDirty(int bucket) => buckets[bucket].IsDirty = true;

    /// <summary>Forgets a clean bucket.</summary>
    public void Evict(int bucket)
    {
        Bucket source = buckets[bucket];
        if (source.IsDirty)
            throw new InvalidOperationException($"Bucket {bucket} has changes that are not saved.");
        foreach (CustomerState customer in source.Customers)
        {
            customers.Remove(customer.Id);
            customer.Leave();
        }

        source.Customers.Clear();
        source.IsLoaded = false;
    }

    /// <summary>Ends the partition: the directory's entries no longer lead to its customers.</summary>
    public void Leave()
    {
        foreach (CustomerState customer in customers.Values)
            customer.Leave();
    }

    /// <summary>Whether a customer is in memory, or was never opened and its bucket is.</summary>
    internal bool IsLoaded(CustomerEntry entry) => entry.State?.Owner == this || buckets[entry.Bucket].IsLoaded;

    /// <summary>Buckets in memory: dirty ones in order of their oldest use, clean ones by last use, least recently used first.</summary>
    public void ListBuckets(ICollection<int> dirty, ICollection<int> clean)
    {
        int[] loaded = [.. Enumerable.Range(0, buckets.Length).Where(IsLoaded).OrderBy(bucket => buckets[bucket].UsedAt)];
        foreach (int bucket in loaded)
            (buckets[bucket].IsDirty ? dirty : clean).Add(bucket);
    }

    /// <summary>Customers in memory whose wallet had credits and has none left, or less than the threshold of its top-up.</summary>
    public int CountAtRisk()
    {
        int count = 0;
        foreach (CustomerState customer in customers.Values)
        {
            Wallet wallet = customer.Wallet;
            if (wallet.AutoTopUp is { } topUp ? wallet.Available < topUp.Threshold : !wallet.Granted.IsZero && wallet.Available.IsZero)
                count++;
        }

        return count;
    }

    /// <summary>How many customers a bucket in memory has.</summary>
    public int CustomersIn(int bucket) => buckets[bucket].Customers.Count;

    /// <summary>The ids of the customers of a bucket in memory.</summary>
    public void ListCustomers(int bucket, ICollection<string> found)
    {
        foreach (CustomerState customer in buckets[bucket].Customers)
            found.Add(customer.Id);
    }

    /// <summary>Sets when a bucket that is not in memory is next due.</summary>
    public void SetDue(int bucket, Instant at)
    {
        buckets[bucket].Due = at;
        nextDueIsStale = true;
    }

    /// <summary>Buckets that are due by a time, loaded or not, soonest first.</summary>
    public void ListDue(Instant now, ICollection<int> due)
    {
        if (NextDue > now)
            return;
        IEnumerable<int> soonestFirst = Enumerable.Range(0, buckets.Length)
            .Where(bucket => buckets[bucket].Due <= now)
            .OrderBy(bucket => buckets[bucket].Due);
        foreach (int bucket in soonestFirst)
            due.Add(bucket);
    }

    /// <summary>Encodes what a partition keeps besides its customers.</summary>
    public void SaveRecord(IBufferWriter<byte> record)
    {
        var writer = new ByteWriter();
        writer.Byte(RecordVersion);
        writer.Instant(Clock);
        writer.Unsigned(InvoicesIssued);
        writer.Unsigned(CreditNotesIssued);
        record.Write(writer.Span);
    }

    /// <summary>Restores it; an empty record is a partition that was never saved.</summary>
    public void LoadRecord(ReadOnlySpan<byte> record)
    {
        if (record.IsEmpty)
            return;
        var reader = new ByteReader(record);
        if (reader.Byte() != RecordVersion)
            throw new CorruptDataException($"The record of partition {Partition} is of a version that this program does not know.");
        Advance(reader.Instant());
        InvoicesIssued = reader.Long();
        CreditNotesIssued = reader.Long();
    }

    private void Read(Bucket target, ReadOnlySpan<byte> body)
    {
        if (body.Length < 5 || Placement.Crc32C(body[..^4]) != System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(body[^4..]))
            throw new CorruptDataException($"A checkpoint of partition {Partition} does not have the checksum it was written with.");
        var reader = new ByteReader(body[..^4]);
        byte version = reader.Byte();
        if (version is < OldestBucketVersion or > BucketVersion)
            throw new CorruptDataException($"A checkpoint of partition {Partition} is of a version that this program does not know.");
        for (int count = reader.Count(); count > 0; count--)
        {
            CustomerState customer = CustomerState.Read(ref reader, version, keys.Known);
            customers.Add(customer.Id, customer);
            target.Customers.Add(customer);
            customer.Enter(this, target);
            customer.ComputeDue(Rules.LateGrace);
        }
    }

    private void Forget(CustomerState customer)
    {
        customer.Wallet.Forget(Clock - Rules.ClosedRetention, Rules.WalletItemsMax, Clock - Rules.IdempotencyRetention);
        foreach (ProjectUsage project in customer.Projects)
            project.Forget(Clock - (Rules.DedupHorizon > Rules.AcceptedAge ? Rules.DedupHorizon : Rules.AcceptedAge));
    }

    /// <summary>Brings a customer's due time, its bucket's and the partition's up to date.</summary>
    private void Settle(CustomerState customer)
    {
        if (!customer.DueChanged)
            return;
        customer.DueChanged = false;
        customer.ComputeDue(Rules.LateGrace);
        Recompute(customer.Home!);
    }

    private void Recompute(Bucket bucket)
    {
        Instant due = Instant.MaxValue;
        foreach (CustomerState customer in bucket.Customers)
            due = Instant.Min(due, Instant.Min(customer.NextDue, customer.IssueDue));
        if (due == bucket.Due)
            return;
        if (due > bucket.Due)
            nextDueIsStale = true;
        else if (due < nextDue)
            nextDue = due;
        bucket.Due = due;
    }
}
