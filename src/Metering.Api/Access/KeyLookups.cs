using System.Net;
using Metering.Grid.Directory;

namespace Metering.Api.Access;

/// <summary>What became of a look-up.</summary>
/// <param name="Key">The key; null for an unknown or revoked one, and where nothing was looked up.</param>
/// <param name="RetryAfterSeconds">Not 0 where nothing was looked up: when the address may ask again.</param>
internal readonly record struct KeyLookup(KeyRecord? Key, int RetryAfterSeconds);

/// <summary>
/// Looks keys up that are not cached, so that made-up ones cannot make queries without bound: an address has as many look-ups that found
/// nothing in a minute as it has requests without a key; one that found a key is not counted. Requests that come with the same key while
/// it is looked up share one look-up, and a key that was not found is not looked for again within a second.
/// </summary>
internal sealed class KeyLookups(IDirectory directory, AddressLimiter addresses, TimeProvider time)
{
    private const int UnknownMax = 10_000;
    private static readonly TimeSpan unknownFor = TimeSpan.FromSeconds(1);

    private readonly Lock guard = new();
    private readonly Dictionary<UInt128, Task<KeyRecord?>> running = [];
    private readonly Dictionary<UInt128, long> unknown = [];

    /// <summary>Looks a key up by the SHA-256 of its secret.</summary>
    /// <exception cref="DirectoryUnavailableException">The control database is away.</exception>
    public async ValueTask<KeyLookup> FindAsync(byte[] sha256, IPAddress? address, CancellationToken cancellation)
    {
        // Half of a hash is enough to tell keys apart, and what is found is found by all of it.
        UInt128 id = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(sha256);
        Task<KeyRecord?>? task;
        lock (guard)
        {
            if (unknown.TryGetValue(id, out long since) && time.GetElapsedTime(since) < unknownFor)
                return default;
            if (!running.TryGetValue(id, out task))
            {
                if (!addresses.TryCount(address, out int seconds))
                    return new KeyLookup(null, seconds);
                running[id] = task = ReadAsync(id, sha256, address);
            }
        }

        return new KeyLookup(await task.WaitAsync(cancellation), 0);
    }

    private async Task<KeyRecord?> ReadAsync(UInt128 id, byte[] sha256, IPAddress? address)
    {
        // Begins outside of the lock under which it was registered.
        await Task.Yield();
        KeyRecord? key = null;
        bool isRead = false;
        try
        {
            key = await directory.FindKeyAsync(sha256, CancellationToken.None);
            isRead = true;
            return key;
        }
        finally
        {
            // A control database that is away is no fault of the address.
            if (key is not null || !isRead)
                addresses.Forgive(address);
            lock (guard)
            {
                running.Remove(id);
                if (key is null && isRead)
                    NoteUnknown(id);
            }
        }
    }

    private void NoteUnknown(UInt128 id)
    {
        if (unknown.Count >= UnknownMax)
            unknown.Clear();
        unknown[id] = time.GetTimestamp();
    }
}
