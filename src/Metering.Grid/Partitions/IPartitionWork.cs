using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Journal;

namespace Metering.Grid.Partitions;

/// <summary>What a decision is made with, under the partition's lock.</summary>
internal readonly record struct DecisionContext(PartitionState State, CatalogSnapshot Catalog, Instant Now, GroupWriter Group);

/// <summary>One command or read of a partition. Implemented by structs, so that the path of an event allocates nothing for it.</summary>
internal interface IPartitionWork<TResult>
{
    /// <summary>Whether it changes anything: only such work is refused when too much is in flight.</summary>
    bool IsWrite { get; }

    /// <summary>Whether every identity it brings is surely not in the segments. Without the lock.</summary>
    bool IsSurelyNew(SegmentSet segments, long second);

    /// <summary>Adds the identities that may be in the segments. Without the lock.</summary>
    void AddWanted(SegmentSet segments, long second, List<WantedIdentity> wanted);

    /// <summary>Adds the buckets it needs, each once.</summary>
    void AddBuckets(ISet<int> buckets);

    /// <summary>Whether the buckets it needs are in memory.</summary>
    bool AreLoaded(PartitionState state);

    /// <summary>Reads what the decision will read, so that it waits for memory before the lock and for many customers at once.</summary>
    /// <returns>Something made of what was read, so that it is read.</returns>
    int Preload(PartitionState state);

    /// <summary>Journals what is due by now in its buckets.</summary>
    void RunDue(in DecisionContext context);

    /// <summary>Decides, applies and appends to the open group.</summary>
    TResult Decide(in DecisionContext context, IReadOnlyDictionary<int, FirstOutcome>? known);
}
