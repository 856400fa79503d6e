using Metering.Core.Usage;

namespace Metering.Grid.Directory;

/// <summary>
/// Reads of keys that are not cached, in flight: whoever asks for a key that is being read waits for that read. Each notes what was
/// announced as changed while it ran, so that an old record is never cached after a newer one was announced. Used under the owner's lock.
/// </summary>
internal sealed class PendingReads<TValue>
    where TValue : class
{
    private readonly Dictionary<byte[], Read> byKey = new(ByteKeyComparer.Instance);
    private readonly List<Read> running = [];

    /// <summary>Joins the read of a key that runs, or puts the key into a new one.</summary>
    /// <returns>The read that will have the key.</returns>
    public Read Join(byte[] key, Read fresh)
    {
        if (byKey.TryGetValue(key, out Read? read))
            return read;
        byKey[key] = fresh;
        if (fresh.Keys.Count == 0)
            running.Add(fresh);
        fresh.Keys.Add(key);
        return fresh;
    }

    /// <summary>Tells the reads that run that something has changed.</summary>
    public void Announce(byte[] key)
    {
        foreach (Read read in running)
            read.Changed.Add(key);
    }

    /// <summary>Forgets a read that is over.</summary>
    public void End(Read read)
    {
        running.Remove(read);
        foreach (byte[] key in read.Keys)
            byKey.Remove(key);
    }

    /// <summary>One question to the control database.</summary>
    public sealed class Read
    {
        /// <summary>What it asks for.</summary>
        public List<byte[]> Keys { get; } = [];

        /// <summary>What it found; complete when <see cref="Done"/> is.</summary>
        public Dictionary<byte[], TValue> Found { get; } = new(ByteKeyComparer.Instance);

        /// <summary>What was announced as changed since it last began.</summary>
        public HashSet<byte[]> Changed { get; } = new(ByteKeyComparer.Instance);

        /// <summary>The read itself.</summary>
        public Task Done { get; set; } = Task.CompletedTask;
    }
}
