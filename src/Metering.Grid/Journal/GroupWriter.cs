namespace Metering.Grid.Journal;

/// <summary>The open group of a partition: what has been decided since the last one was closed.</summary>
public sealed class GroupWriter
{
    /// <summary>The sequence number this group will have.</summary>
    public long Sequence { get; private set; }

    /// <summary>Whether anything was appended.</summary>
    public bool IsEmpty => true;

    /// <summary>Bytes appended so far.</summary>
    public int Bytes => 0;

    /// <summary>Events appended so far.</summary>
    public int Events => 0;

    /// <summary>Begins an empty group; the buffer is reused.</summary>
    public void Begin(long sequence) => Sequence = sequence;

    /// <summary>Ends the group: checksum. The memory stays valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlyMemory<byte> Close() => throw new NotImplementedException();
}
