using System.Buffers;
using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace Metering.Benchmarks.Peers.Redis;

/// <summary>
/// One connection to Redis that speaks RESP 2: commands are written into one buffer, sent together, and answered in order. Not for use by
/// two at once.
/// </summary>
internal sealed class RespConnection : IDisposable
{
    private const int LineMaxLength = 32;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly ArrayBufferWriter<byte> _output = new(64 * 1024);
    private byte[] _input = new byte[64 * 1024];
    private int _start;
    private int _end;

    public static async Task<RespConnection> OpenAsync(string socket, CancellationToken cancellationToken)
    {
        var connection = new RespConnection();
        await connection._socket.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
        return connection;
    }

    /// <summary>Begins a command of this many parts; each follows by <see cref="Part(ReadOnlySpan{byte})"/>.</summary>
    public void Begin(int parts) => Header('*', parts);

    public void Part(ReadOnlySpan<byte> value)
    {
        Header('$', value.Length);
        value.CopyTo(_output.GetSpan(value.Length + 2));
        _output.Advance(value.Length);
        _output.Write("\r\n"u8);
    }

    public void Part(string value) => Part(Encoding.UTF8.GetBytes(value));

    public void Part(long value)
    {
        Span<byte> digits = stackalloc byte[LineMaxLength];
        Utf8Formatter.TryFormat(value, digits, out int length);
        Part(digits[..length]);
    }

    /// <summary>Sends what was written.</summary>
    public async Task SendAsync()
    {
        for (ReadOnlyMemory<byte> rest = _output.WrittenMemory; rest.Length > 0;)
            rest = rest[await _socket.SendAsync(rest)..];
        _output.ResetWrittenCount();
    }

    /// <summary>Reads the next answer: text, a number as text, null, or an array of these.</summary>
    /// <exception cref="InvalidDataException">Redis answered with an error.</exception>
    public async Task<object?> ReadAsync()
    {
        string line = await ReadLineAsync();
        switch (line[0])
        {
            case '+' or ':':
                return Encoding.UTF8.GetBytes(line[1..]);
            case '$':
                int length = int.Parse(line.AsSpan(1));
                return length < 0 ? null : await ReadBytesAsync(length);
            case '*':
                var items = new object?[int.Parse(line.AsSpan(1))];
                for (int i = 0; i < items.Length; i++)
                    items[i] = await ReadAsync();
                return items;
            default:
                throw new InvalidDataException($"Redis answered {line}");
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Header(char kind, int number)
    {
        Span<byte> line = _output.GetSpan(LineMaxLength);
        line[0] = (byte)kind;
        Utf8Formatter.TryFormat(number, line[1..], out int length);
        "\r\n"u8.CopyTo(line[(length + 1)..]);
        _output.Advance(length + 3);
    }

    private async Task<string> ReadLineAsync()
    {
        while (true)
        {
            int length = _input.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (length >= 0)
            {
                string line = Encoding.UTF8.GetString(_input, _start, length);
                _start += length + 2;
                return line;
            }

            await FillAsync(_end - _start + 1);
        }
    }

    private async Task<byte[]> ReadBytesAsync(int length)
    {
        if (_end - _start < length + 2)
            await FillAsync(length + 2);
        byte[] value = _input.AsSpan(_start, length).ToArray();
        _start += length + 2;
        return value;
    }

    private async Task FillAsync(int needed)
    {
        byte[] room = needed > _input.Length ? new byte[needed * 2] : _input;
        Buffer.BlockCopy(_input, _start, room, 0, _end - _start);
        _end -= _start;
        _start = 0;
        _input = room;
        while (_end < needed)
        {
            int read = await _socket.ReceiveAsync(_input.AsMemory(_end));
            if (read == 0)
                throw new IOException("Redis closed the connection.");
            _end += read;
        }
    }
}
