using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Metering.Benchmarks.Load;

/// <summary>
/// A request with events, rendered once; each sending only writes ids, customers, times, models and tokens into it. Values of changing
/// length are followed by spaces, so that all lengths stay.
/// </summary>
internal sealed class EventTemplate
{
    private const int ModelWidth = 56;
    private const int TokensWidth = 6;
    private static readonly byte[][] _models = [.. ModelPrices.Models.Select(
        item => Encoding.ASCII.GetBytes($"\"provider\":\"{item.Provider}\",\"model\":\"{item.Model}\",".PadRight(ModelWidth)))];

    private readonly byte[] request;
    private readonly int bodyStart;
    private readonly int eventLength;
    private readonly int idAt;
    private readonly int subjectAt;
    private readonly int timeAt;
    private readonly int modelAt;
    private readonly int inputAt;
    private readonly int outputAt;
    private readonly int count;

    public EventTemplate(string key, int eventsARequest)
    {
        count = eventsARequest;
        string item = $$$"""{"specversion":"1.0","id":"{{{new string('i', 36)}}}","source":"/chat","type":"TOKEN_USAGE","""
            + $$$""" "subject":"{{{new string('s', 7)}}}","time":"{{{new string('t', 24)}}}","data":{{{{new string('m', ModelWidth)}}}"""
            + $$$""" "input_tokens":{{{new string('n', TokensWidth)}}},"output_tokens":{{{new string('o', TokensWidth)}}}}}""";
        idAt = item.IndexOf("iii", StringComparison.Ordinal);
        subjectAt = item.IndexOf("sssssss", StringComparison.Ordinal);
        timeAt = item.IndexOf("tttttttt", StringComparison.Ordinal);
        modelAt = item.IndexOf("mmmmmmmm", StringComparison.Ordinal);
        inputAt = item.IndexOf("nnnn", StringComparison.Ordinal);
        outputAt = item.IndexOf("oooo", StringComparison.Ordinal);
        bool isSingle = eventsARequest == 1;
        eventLength = item.Length + (isSingle ? 0 : 1);
        string body = isSingle ? item : "[" + string.Join(',', Enumerable.Repeat(item, eventsARequest)) + "]";
        string type = isSingle ? "application/cloudevents+json" : "application/cloudevents-batch+json";
        string head = string.Create(CultureInfo.InvariantCulture,
            $"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
            + $"Content-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n");
        request = Encoding.ASCII.GetBytes(head + body);
        bodyStart = head.Length + (isSingle ? 0 : 1);
    }

    public int Length => request.Length;

    /// <summary>A copy to write into.</summary>
    public byte[] Copy() => (byte[])request.Clone();

    /// <summary>Writes events into a copy, which is then ready to be sent.</summary>
    public void Fill(byte[] copy, EventStream events, long first, long epochMilliseconds)
    {
        Span<byte> item = copy.AsSpan(bodyStart);
        Span<byte> time = stackalloc byte[24];
        long timeOf = long.MinValue;
        for (int i = 0; i < count; i++)
        {
            long number = events.ContentOf(first + i);
            Draw draw = events.Of(number);
            long milliseconds = epochMilliseconds + (number / 1000);
            if (milliseconds != timeOf)
                WriteTime(time, timeOf = milliseconds);
            WriteId(item.Slice(idAt, 36), number, milliseconds);
            WriteCustomer(item.Slice(subjectAt, 7), draw.Customer);
            time.CopyTo(item[timeAt..]);
            _models[draw.Model].CopyTo(item[modelAt..]);
            WriteNumber(item.Slice(inputAt, TokensWidth), draw.Input);
            WriteNumber(item.Slice(outputAt, TokensWidth), draw.Output);
            if (i + 1 < count)
                item = item[eventLength..];
        }
    }

    public static void WriteCustomer(Span<byte> target, int customer)
    {
        target[0] = (byte)'c';
        for (int i = 6; i > 0; i--)
        {
            target[i] = (byte)('0' + (customer % 10));
            customer /= 10;
        }
    }

    /// <summary>A UUID of version 7: the time, then bits that differ by event.</summary>
    private static void WriteId(Span<byte> target, long number, long milliseconds)
    {
        // Multiplying by an odd number modulo 2^48 keeps numbers distinct and looks random.
        ulong low = (ulong)number * 0x9E3779B97F4B & 0xFFFF_FFFF_FFFF;
        ulong high = ((ulong)milliseconds << 16) | 0x7000 | (((ulong)number * 0x2545F491) >> 20 & 0xFFF);
        WriteHex(target[..8], high >> 32);
        target[8] = (byte)'-';
        WriteHex(target.Slice(9, 4), high >> 16);
        target[13] = (byte)'-';
        WriteHex(target.Slice(14, 4), high);
        target[18] = (byte)'-';
        WriteHex(target.Slice(19, 4), 0x8000 | ((ulong)number >> 4 & 0x3FFF));
        target[23] = (byte)'-';
        WriteHex(target[24..], low);
    }

    private static void WriteHex(Span<byte> target, ulong value)
    {
        for (int i = target.Length - 1; i >= 0; i--)
        {
            target[i] = "0123456789abcdef"u8[(int)(value & 15)];
            value >>= 4;
        }
    }

    private static void WriteNumber(Span<byte> target, int value)
    {
        Utf8Formatter.TryFormat(value, target, out int length);
        target[length..].Fill((byte)' ');
    }

    private static void WriteTime(Span<byte> target, long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            .TryFormat(target, out _, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
