using System.Buffers.Binary;
using Metering.Benchmarks.Peers.Queue;

namespace Metering.Benchmarks.Peers.Redis;

/// <summary>Writes events by <c>debit.lua</c>: one call for the events of many requests.</summary>
internal sealed class RedisWriter(RespConnection connection, string script) : IEventWriter
{
    /// <summary>Bytes of the key of an event: a letter and the identity.</summary>
    public const int KeyLength = 17;

    /// <summary>Bytes of a packed event; the amount comes first.</summary>
    public const int PackedLength = 30;

    /// <summary>Bytes of the key of a balance: a letter and the customer's number.</summary>
    public const int BalanceKeyLength = 5;

    private const byte Refused = (byte)'2';

    public async Task WriteAsync(IReadOnlyList<PeerEvent> events, bool[] refused)
    {
        Compose(events);
        await connection.SendAsync();
        byte[] answers = (byte[])(await connection.ReadAsync())!;
        for (int i = 0; i < answers.Length; i++)
            refused[i] = answers[i] == Refused;
    }

    public ValueTask DisposeAsync()
    {
        connection.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Writes the key of a balance.</summary>
    public static void BalanceKey(int customer, Span<byte> key)
    {
        key[0] = (byte)'b';
        BinaryPrimitives.WriteInt32BigEndian(key[1..], customer);
    }

    private void Compose(IReadOnlyList<PeerEvent> events)
    {
        connection.Begin(3 + (4 * events.Count));
        connection.Part("EVALSHA"u8);
        connection.Part(script);
        connection.Part(events.Count);
        Span<byte> key = stackalloc byte[KeyLength];
        key[0] = (byte)'e';
        for (int i = 0; i < events.Count; i++)
        {
            events[i].Key.TryWriteBytes(key[1..]);
            connection.Part(key);
        }

        Span<byte> packed = stackalloc byte[PackedLength];
        Span<byte> balance = stackalloc byte[BalanceKeyLength];
        for (int i = 0; i < events.Count; i++)
        {
            PeerEvent item = events[i];
            BalanceKey(item.Customer, balance);
            BinaryPrimitives.WriteInt64LittleEndian(packed, item.AmountNano);
            BinaryPrimitives.WriteInt64LittleEndian(packed[8..], item.AtMicros);
            BinaryPrimitives.WriteInt32LittleEndian(packed[16..], item.Customer);
            BinaryPrimitives.WriteInt32LittleEndian(packed[20..], item.InputTokens);
            BinaryPrimitives.WriteInt32LittleEndian(packed[24..], item.OutputTokens);
            BinaryPrimitives.WriteInt16LittleEndian(packed[28..], item.Model);
            connection.Part(balance);
            connection.Part(item.AmountNano);
            connection.Part(packed);
        }
    }
}
