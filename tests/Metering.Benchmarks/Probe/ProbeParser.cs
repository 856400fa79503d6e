using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text.Json;

namespace Metering.Benchmarks.Probe;

/// <summary>Reads events of the benchmark's own shape out of one span, checking nothing that JSON itself does not.</summary>
internal static class ProbeParser
{
    /// <summary>Appends the events of a body.</summary>
    /// <returns>How many there are.</returns>
    public static int Read(ReadOnlySpan<byte> body, ref ProbeEvent[] events)
    {
        var json = new Utf8JsonReader(body);
        json.Read();
        if (json.TokenType == JsonTokenType.StartObject)
        {
            events[0] = ReadEvent(ref json);
            return 1;
        }

        int count = 0;
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            if (count == events.Length)
                Array.Resize(ref events, count * 2);
            events[count++] = ReadEvent(ref json);
        }

        return count;
    }

    private static ProbeEvent ReadEvent(ref Utf8JsonReader json)
    {
        Guid id = default;
        ulong customer = 0;
        long cost = 0;
        long time = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> name = json.ValueSpan;
            if (name.SequenceEqual("id"u8))
            {
                json.Read();
                Utf8Parser.TryParse(json.ValueSpan, out id, out _);
            }
            else if (name.SequenceEqual("subject"u8))
            {
                json.Read();
                customer = Prefix(json.ValueSpan);
            }
            else if (name.SequenceEqual("time"u8))
            {
                json.Read();
                json.TryGetDateTimeOffset(out DateTimeOffset read);
                time = read.ToUnixTimeMilliseconds();
            }
            else if (name.SequenceEqual("data"u8))
            {
                json.Read();
                cost = ReadCost(ref json);
            }
            else
            {
                json.Read();
            }
        }

        return new ProbeEvent(id, customer, cost, time);
    }

    private static long ReadCost(ref Utf8JsonReader json)
    {
        long cost = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            bool isTokens = json.ValueSpan.EndsWith("_tokens"u8);
            json.Read();
            if (isTokens)
                cost += json.GetInt64();
        }

        return cost;
    }

    private static ulong Prefix(ReadOnlySpan<byte> source)
    {
        Span<byte> eight = stackalloc byte[8];
        eight.Clear();
        source[..Math.Min(8, source.Length)].CopyTo(eight);
        return BinaryPrimitives.ReadUInt64LittleEndian(eight);
    }
}
