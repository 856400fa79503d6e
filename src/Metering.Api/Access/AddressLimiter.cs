using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Metering.Api.Hosting;

namespace Metering.Api.Access;

/// <summary>
/// Limits requests without a valid key from one address. Bounded: when the table is full and no address is idle, further ones share one
/// count, so that a flood of addresses can neither fill the memory nor switch the limit off.
/// </summary>
internal sealed class AddressLimiter(MeteringApiOptions options, TimeProvider time)
{
    private readonly Lock guard = new();
    private readonly Dictionary<UInt128, AddressWindow> windows = [];
    private readonly AddressWindow shared = new();
    private readonly long start = time.GetTimestamp();
    private long sweptAt = long.MinValue;

    /// <summary>Counts a request.</summary>
    /// <returns>False when it is over the limit; it was not counted then.</returns>
    public bool TryCount(IPAddress? address, out int retryAfterSeconds)
    {
        UInt128 key = KeyOf(address);
        // One window ahead, so that second 0 is not mistaken for "never".
        long second = (long)time.GetElapsedTime(start).TotalSeconds + AddressWindow.Seconds;
        lock (guard)
            return Find(key, second).TryCount(second, options.AddressRequestsPerMinute, out retryAfterSeconds);
    }

    /// <summary>Takes back one request that was counted lately.</summary>
    public void Forgive(IPAddress? address)
    {
        UInt128 key = KeyOf(address);
        lock (guard)
            (windows.GetValueOrDefault(key) ?? shared).Forgive();
    }

    /// <summary>An IPv4 address is itself; of IPv6 the first 64 bits count, because one sender has all addresses behind them.</summary>
    private static UInt128 KeyOf(IPAddress? address)
    {
        if (address is null)
            return UInt128.Zero;
        Span<byte> bytes = stackalloc byte[16];
        if (address.IsIPv4MappedToIPv6 || address.AddressFamily == AddressFamily.InterNetwork)
            address.MapToIPv6().TryWriteBytes(bytes, out _);
        else if (address.TryWriteBytes(bytes, out _))
            bytes[8..].Clear();
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private AddressWindow Find(UInt128 key, long second)
    {
        if (windows.TryGetValue(key, out AddressWindow? window))
            return window;
        if (windows.Count >= options.AddressesMax && !TrySweep(second))
            return shared;
        return windows[key] = new AddressWindow();
    }

    private bool TrySweep(long second)
    {
        if (sweptAt == second)
            return false;
        sweptAt = second;
        foreach ((UInt128 key, AddressWindow window) in windows)
        {
            if (window.IsIdle(second))
                windows.Remove(key);
        }

        return windows.Count < options.AddressesMax;
    }
}
