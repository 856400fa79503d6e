using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Metering.Benchmarks.Load;

/// <summary>A connection with at most one request open: what is sent, what has arrived of the answer.</summary>
internal sealed class LoadConnection : IDisposable
{
    private const int AnswerMaxBytes = 1 << 20;
    private readonly Socket socket;
    private readonly int handle;
    private byte[] answer = new byte[4096];
    private int answerLength;
    private int sent;

    public LoadConnection(int number, int port, Epoll epoll)
    {
        Number = number;
        socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        socket.Blocking = false;
        handle = (int)socket.Handle;
        epoll.Watch(handle, number);
    }

    public int Number { get; }

    /// <summary>The request; whoever renders it sets both.</summary>
    public byte[] Request { get; set; } = [];

    public int RequestLength { get; set; }

    /// <summary>When it was meant to be sent.</summary>
    public long MeantAt { get; set; }

    public bool IsOpen { get; private set; }

    /// <summary>For the one who renders: the first event of the request, or the customer it is about.</summary>
    public long Subject { get; set; }

    /// <summary>For the one who renders: whether it is a read.</summary>
    public bool IsRead { get; set; }

    public int Status { get; private set; }

    public ReadOnlySpan<byte> Body => answer.AsSpan(bodyStart, answerLength - bodyStart);

    private int bodyStart;

    /// <summary>Begins to send the request.</summary>
    public void Begin()
    {
        IsOpen = true;
        sent = 0;
        answerLength = 0;
        Write();
    }

    /// <summary>Goes on where the socket stopped it.</summary>
    /// <returns>Whether the answer is complete now.</returns>
    public bool Advance()
    {
        if (!IsOpen)
            return false;
        Write();
        while (true)
        {
            if (answerLength == answer.Length)
                Array.Resize(ref answer, answer.Length < AnswerMaxBytes ? answer.Length * 2
                    : throw new IOException("An answer is too long."));
            int read = Epoll.Receive(handle, answer.AsSpan(answerLength));
            if (read < 0)
                return false;
            if (read == 0)
                throw new IOException("The server closed a connection.");
            answerLength += read;
            if (!IsComplete())
                continue;
            IsOpen = false;
            return true;
        }
    }

    public void Dispose() => socket.Dispose();

    private void Write()
    {
        while (sent < RequestLength)
        {
            int written = Epoll.Send(handle, Request.AsSpan(sent, RequestLength - sent));
            if (written < 0)
                return;
            sent += written;
        }
    }

    private bool IsComplete()
    {
        ReadOnlySpan<byte> seen = answer.AsSpan(0, answerLength);
        int headEnd = seen.IndexOf("\r\n\r\n"u8);
        if (headEnd < 0)
            return false;
        Utf8Parser.TryParse(seen.Slice(9, 3), out int status, out _);
        Status = status;
        bodyStart = headEnd + 4;
        if (status == 204)
            return true;
        ReadOnlySpan<byte> head = seen[..bodyStart];
        int at = head.IndexOf("Content-Length: "u8);
        if (at < 0)
            return seen.EndsWith("0\r\n\r\n"u8);
        Utf8Parser.TryParse(head[(at + 16)..], out int length, out _);
        return answerLength >= bodyStart + length;
    }
}
