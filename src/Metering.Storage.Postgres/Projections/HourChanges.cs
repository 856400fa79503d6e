using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;

namespace Metering.Storage.Postgres.Projections;

/// <summary>
/// The body of a row of <c>usage_hour_change</c>: what one batch changes of the hourly rows of one bucket of customers.
/// </summary>
/// <remarks>
/// <code>
/// body    = 1 change* crc32c(4, little-endian, over all before)
/// change  = project combination Δstart flags(1) [count] sum [max latest] Δlatest-time latest-sequence latest-ordinal [credits]
/// project = 0 customer id | n     a new one, which gets the next number from 1 on (an empty id: that of the customer) | number n
/// combination = 0 meter dimensions | n
/// flags: 1 count is there (else 1, and max and latest are the sum), 2 credits are there
/// sum, credits = 0 amount | 1 nano-units(16)
/// </code>
/// Numbers, times and amounts are in the forms of <c>Metering.Core/Binary</c>; Δ: signed microseconds, of the start since that of the
/// change before, of the latest time since the start.
/// </remarks>
internal static class HourChanges
{
    /// <summary>Buckets of each partition: a customer's changes are read together with those of some others.</summary>
    public const int Buckets = 16;

    private const byte Version = 1;
    private const int HasCount = 1;
    private const int HasCredits = 2;

    public static int BucketOf(ReadOnlySpan<byte> customer) => Placement.BucketOf(customer) / (Placement.Buckets / Buckets);

    public static void Begin(ByteWriter body)
    {
        body.Clear();
        body.Byte(Version);
    }

    public static void End(ByteWriter body) => body.Fixed32(Placement.Crc32C(body.Span));

    /// <summary>Appends a change.</summary>
    /// <param name="body">The body.</param>
    /// <param name="row">The change.</param>
    /// <param name="project">The project's number in this body, 0 where it is new.</param>
    /// <param name="combination">The combination's number in this body, 0 where it is new.</param>
    /// <param name="before">The start of the change before; the Unix epoch for the first.</param>
    public static void Append(ByteWriter body, in HourRow row, int project, int combination, Instant before)
    {
        body.Unsigned((ulong)project);
        if (project == 0)
        {
            body.Bytes(row.Project.Customer);
            body.Bytes(row.Project.Customer == row.Project.Project ? [] : row.Project.Project);
        }

        body.Unsigned((ulong)combination);
        if (combination == 0)
        {
            body.Text(row.Combination.Meter);
            body.Bytes(row.Combination.Dimensions);
        }

        body.Signed(row.Start.UnixMicroseconds - before.UnixMicroseconds);
        body.Byte((byte)((row.Count == 1 ? 0 : HasCount) | (row.Credits == 0 ? 0 : HasCredits)));
        if (row.Count != 1)
            body.Unsigned((ulong)row.Count);
        Wide(body, row.Sum);
        if (row.Count != 1)
        {
            body.Amount(row.Max);
            body.Amount(row.Latest);
        }

        body.Signed(row.LatestAt.Time.UnixMicroseconds - row.Start.UnixMicroseconds);
        body.Unsigned(row.LatestAt.Sequence);
        body.Unsigned((ulong)row.LatestAt.Ordinal);
        if (row.Credits != 0)
            Wide(body, row.Credits);
    }

    /// <summary>Adds the changes of a body to a table.</summary>
    /// <exception cref="CorruptDataException">It was not written by this class.</exception>
    public static void Read(byte[] body, HourNames names, HourTable hours)
    {
        if (body.Length < 5 || body[0] != Version)
            throw new CorruptDataException("Hourly changes are of a version that this program does not know.");
        if (Placement.Crc32C(body.AsSpan(0, body.Length - 4))
            != System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(body.Length - 4)))
            throw new CorruptDataException("Hourly changes do not have the checksum they were written with.");
        var reader = new ByteReader(body.AsSpan(1, body.Length - 5));
        names.BeginBody();
        var start = Instant.UnixEpoch;
        while (!reader.IsAtEnd)
        {
            var project = names.Project(ref reader);
            var combination = names.Combination(ref reader);
            start = Shift(start, reader.Signed());
            var flags = reader.Byte(0, HasCount | HasCredits);
            var count = (flags & HasCount) != 0 ? reader.Long() : 1;
            var sum = Wide(ref reader);
            var max = (flags & HasCount) != 0 ? reader.Amount() : Amount.FromNanos(sum);
            var latest = (flags & HasCount) != 0 ? reader.Amount() : max;
            var latestAt = (Shift(start, reader.Signed()), reader.Long(), reader.Count());
            var credits = (flags & HasCredits) != 0 ? Wide(ref reader) : 0;
            hours.Row(project, combination, start).Add(sum, count, max, latest, latestAt, credits);
        }
    }

    private static void Wide(ByteWriter body, Int128 nanos)
    {
        if (Amount.TryFromNanos(nanos, out var amount))
        {
            body.Byte(0);
            body.Amount(amount);
            return;
        }

        body.Byte(1);
        body.Fixed128((UInt128)nanos);
    }

    private static Int128 Wide(ref ByteReader reader) => reader.Bool() ? (Int128)reader.Fixed128() : reader.Amount().Nanos;

    private static Instant Shift(Instant from, long microseconds) =>
        Instant.TryFromUnixMicroseconds(unchecked(from.UnixMicroseconds + microseconds), out var shifted)
            ? shifted
            : throw new CorruptDataException("A time is out of range.");
}
