using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Metering.Benchmarks.Peers.Http;

/// <summary>
/// Reads CloudEvents of token usage, one or an array, straight into priced events: one pass over one span, nothing allocated for an event
/// whose strings hold no escapes.
/// </summary>
internal sealed class PeerRequestReader
{
    private const int SubjectMaxLength = 256;

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _customers;

    // A sender's source is nearly always the one before.
    private KnownSource _source = new([], EventKey.OfSource([]));

    public PeerRequestReader(IReadOnlyList<string> customers)
    {
        _customers = customers
            .Select((id, number) => KeyValuePair.Create(id, number))
            .ToDictionary(StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Reads a body.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="nowMicros">What an event without a time gets.</param>
    /// <param name="events">A rented array with the events; the caller returns it, also when this throws.</param>
    /// <returns>How many events there are.</returns>
    /// <exception cref="JsonException">The body is not JSON, or an event lacks something.</exception>
    /// <exception cref="UnknownCustomerException">A subject is no customer.</exception>
    public int Read(ReadOnlySpan<byte> body, long nowMicros, ref PeerEvent[] events)
    {
        var reader = new Utf8JsonReader(body);
        if (!reader.Read())
            throw new JsonException("The body is empty.");
        int count = 0;
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            events[count++] = ReadEvent(ref reader, nowMicros);
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                if (count == events.Length)
                    Grow(ref events);
                events[count++] = ReadEvent(ref reader, nowMicros);
            }

            if (reader.TokenType != JsonTokenType.EndArray)
                throw new JsonException("An array of events holds something else.");
        }
        else
        {
            throw new JsonException("Neither an event nor an array of events.");
        }

        if (reader.Read())
            throw new JsonException("Something follows the events.");
        return count;
    }

    private static void Grow(ref PeerEvent[] events)
    {
        PeerEvent[] larger = ArrayPool<PeerEvent>.Shared.Rent(events.Length * 2);
        events.CopyTo(larger, 0);
        ArrayPool<PeerEvent>.Shared.Return(events);
        events = larger;
    }

    private PeerEvent ReadEvent(ref Utf8JsonReader reader, long nowMicros)
    {
        ReadOnlySpan<byte> id = default, source = default, subject = default;
        bool typed = false, versioned = false;
        long at = nowMicros;
        Usage usage = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id"u8))
                id = Text(ref reader);
            else if (reader.ValueTextEquals("source"u8))
                source = Text(ref reader);
            else if (reader.ValueTextEquals("subject"u8))
                subject = Text(ref reader);
            else if (reader.ValueTextEquals("type"u8))
                typed = Text(ref reader).SequenceEqual("TOKEN_USAGE"u8);
            else if (reader.ValueTextEquals("specversion"u8))
                versioned = Text(ref reader).SequenceEqual("1.0"u8);
            else if (reader.ValueTextEquals("time"u8))
                at = Time(ref reader);
            else if (reader.ValueTextEquals("data"u8))
                usage = ReadUsage(ref reader);
            else
                reader.Skip();
        }

        if (id.IsEmpty || source.IsEmpty || subject.IsEmpty || !typed || !versioned || !usage.IsThere)
            throw new JsonException("An event lacks id, source, specversion, type, subject or data.");
        return new PeerEvent(
            EventKey.Of(Mix(source), id), Customer(subject), usage.Model, usage.Input, usage.Output,
            PeerPrices.Amount(usage.Model, usage.Input, usage.Output), at);
    }

    private static Usage ReadUsage(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("data is no object.");
        ReadOnlySpan<byte> provider = default, model = default;
        int input = 0, output = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("provider"u8))
                provider = Text(ref reader);
            else if (reader.ValueTextEquals("model"u8))
                model = Text(ref reader);
            else if (reader.ValueTextEquals("input_tokens"u8))
                input = Tokens(ref reader);
            else if (reader.ValueTextEquals("output_tokens"u8))
                output = Tokens(ref reader);
            else
                reader.Skip();
        }

        return PeerPrices.TryFind(provider, model, out short price)
            ? new Usage(true, price, input, output)
            : throw new JsonException("There is no price for this provider and model.");
    }

    private static ReadOnlySpan<byte> Text(scoped ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.String)
            throw new JsonException("A text was expected.");
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan;
        byte[] plain = new byte[reader.ValueSpan.Length];
        return plain.AsSpan(0, reader.CopyString(plain));
    }

    private static int Tokens(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int tokens) && tokens >= 0
            ? tokens
            : throw new JsonException("A number of tokens was expected.");

    private static long Time(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out DateTimeOffset time)
            ? (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond
            : throw new JsonException("A time was expected.");

    private int Customer(ReadOnlySpan<byte> subject)
    {
        Span<char> id = stackalloc char[SubjectMaxLength];
        if (subject.Length <= id.Length && _customers.TryGetValue(id[..Encoding.UTF8.GetChars(subject, id)], out int customer))
            return customer;
        throw new UnknownCustomerException();
    }

    private ulong Mix(ReadOnlySpan<byte> source)
    {
        KnownSource known = Volatile.Read(ref _source);
        if (!source.SequenceEqual(known.Text))
            Volatile.Write(ref _source, known = new KnownSource(source.ToArray(), EventKey.OfSource(source)));
        return known.Mix;
    }

    private readonly record struct Usage(bool IsThere, short Model, int Input, int Output);

    private sealed record KnownSource(byte[] Text, ulong Mix);
}
