using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Metering.Benchmarks.Load;

/// <summary>
/// Linux's epoll, edge-triggered, on one thread: a request costs the client its two system calls and little else. The framework's own
/// sockets cost the client about as much as the server's do, and it shares the machine with the server.
/// </summary>
internal sealed class Epoll : IDisposable
{
    public const uint In = 0x001;
    public const uint Out = 0x004;
    private const uint EdgeTriggered = 1u << 31;
    private const int Add = 1;
    private const int TryAgain = 11;
    private const int Interrupted = 4;
    private const int NoSignal = 0x4000;

    // The structure is packed on x86-64 alone.
    private static readonly int _dataAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int _size = _dataAt + 8;

    private readonly int handle = Check(epoll_create1(0));
    private readonly byte[] ready = new byte[_size * 512];

    /// <summary>Watches a socket.</summary>
    public void Watch(int socket, int number)
    {
        Span<byte> wanted = stackalloc byte[_size];
        BinaryPrimitives.WriteUInt32LittleEndian(wanted, In | Out | EdgeTriggered);
        BinaryPrimitives.WriteInt64LittleEndian(wanted[_dataAt..], number);
        Check(epoll_ctl(handle, Add, socket, ref MemoryMarshal.GetReference(wanted)));
    }

    /// <summary>Waits for sockets that can be read or written.</summary>
    /// <returns>How many there are; see <see cref="Number"/>.</returns>
    public int Wait(int milliseconds)
    {
        int count = epoll_wait(handle, ref ready[0], 512, milliseconds);
        return count < 0 && Marshal.GetLastPInvokeError() == Interrupted ? 0 : Check(count);
    }

    /// <summary>Which socket it is.</summary>
    public int Number(int index) => BinaryPrimitives.ReadInt32LittleEndian(ready.AsSpan((index * _size) + _dataAt));

    /// <summary>Sends what the socket takes.</summary>
    /// <returns>Bytes taken; -1 for none now.</returns>
    public static int Send(int socket, ReadOnlySpan<byte> bytes) =>
        Result(send(socket, ref MemoryMarshal.GetReference(bytes), bytes.Length, NoSignal));

    /// <summary>Reads what has arrived.</summary>
    /// <returns>Bytes read; 0 when the other side has closed; -1 for none now.</returns>
    public static int Receive(int socket, Span<byte> bytes) => Result(recv(socket, ref MemoryMarshal.GetReference(bytes), bytes.Length, 0));

    public void Dispose() => _ = close(handle);

    private static int Result(nint result)
    {
        if (result >= 0)
            return (int)result;
        int error = Marshal.GetLastPInvokeError();
        return error is TryAgain or Interrupted ? -1 : throw new Win32Exception(error);
    }

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_create1(int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_ctl(int epoll, int operation, int socket, ref byte wanted);

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_wait(int epoll, ref byte ready, int count, int milliseconds);

    [DllImport("libc", SetLastError = true)]
    private static extern nint send(int socket, ref byte bytes, nint length, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern nint recv(int socket, ref byte bytes, nint length, int flags);

    [DllImport("libc")]
    private static extern int close(int handle);
}
