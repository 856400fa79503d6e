using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Journal;

namespace Metering.Grid.Dedup;

/// <summary>What a duplicate is answered: the outcome of the first copy.</summary>
/// <param name="Position">Where the first is journaled.</param>
/// <param name="Digest">The first one's digest; another one means another body.</param>
/// <param name="At">When the first was taken; the dedup horizon counts from here.</param>
/// <param name="Credits">What the first burned.</param>
public readonly record struct FirstOutcome(JournalPosition Position, ulong Digest, Instant At, Amount Credits);

/// <summary>The identities taken most recently, exact, in memory. Used under the partition's lock.</summary>
public interface IRecentEvents
{
    /// <summary>Looks an identity up.</summary>
    bool TryFind(UInt128 identity, out FirstOutcome outcome);

    /// <summary>Reads where an identity would be looked up, without the lock; see <c>CustomerState.Preload</c>.</summary>
    int Preload(UInt128 identity);

    /// <summary>Remembers an identity; positions come in rising order. One that is there already, taken again past the horizon, is
    /// replaced.</summary>
    void Add(UInt128 identity, in FirstOutcome outcome);
}
