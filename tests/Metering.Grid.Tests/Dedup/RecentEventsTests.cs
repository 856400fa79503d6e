using FsCheck;
using FsCheck.Fluent;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Journal;

namespace Metering.Grid.Tests.Dedup;

public sealed class RecentEventsTests
{
    private static FirstOutcome Outcome(long sequence, int ordinal = 0, Amount? credits = null) => new(
        new JournalPosition(sequence, ordinal), (ulong)sequence * 7, Instant.FromUnixMicroseconds(sequence * 1000),
        credits ?? Amount.FromWhole(sequence));

    [Fact]
    public void What_was_added_is_found_with_its_outcome()
    {
        var recent = new RecentEvents();
        recent.Add(5, Outcome(1));
        Assert.True(recent.TryFind(5, out FirstOutcome found));
        Assert.Equal(Outcome(1), found);
        Assert.False(recent.TryFind(6, out _));
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(100)]
    public void Identities_that_share_their_lower_bits_are_told_apart(int bitsShared)
    {
        const int count = 40;
        var recent = new RecentEvents();
        for (int number = 1; number <= count; number++)
            recent.Add(((UInt128)number << bitsShared) | 7, Outcome(number));
        Assert.False(recent.TryFind(7, out _));
        Assert.False(recent.TryFind(((UInt128)(count + 1) << bitsShared) | 7, out _));
        recent.RemoveThrough(count / 2, int.MaxValue);
        for (int number = 1; number <= count; number++)
        {
            Assert.Equal(number > count / 2, recent.TryFind(((UInt128)number << bitsShared) | 7, out FirstOutcome found));
            Assert.Equal(number > count / 2 ? Outcome(number) : default, found);
        }
    }

    [Fact]
    public void Credits_of_any_size_come_back()
    {
        var recent = new RecentEvents();
        Amount[] amounts =
            [Amount.MaxValue, Amount.MinValue, Amount.Zero, Amount.FromNanos(long.MaxValue), Amount.FromNanos(long.MinValue)];
        for (int index = 0; index < amounts.Length; index++)
            recent.Add((UInt128)index, Outcome(index + 1, 0, amounts[index]));
        for (int index = 0; index < amounts.Length; index++)
        {
            Assert.True(recent.TryFind((UInt128)index, out FirstOutcome found));
            Assert.Equal(amounts[index], found.Credits);
        }

        recent.RemoveThrough(3, int.MaxValue);
        Assert.False(recent.TryFind(0, out _));
        Assert.True(recent.TryFind(4, out _));
    }

    [Fact]
    public void Positions_that_go_back_are_a_bug()
    {
        var recent = new RecentEvents();
        recent.Add(1, Outcome(2, 5));
        Assert.Throws<InvalidOperationException>(() => recent.Add(2, Outcome(2, 5)));
    }

    [Fact]
    public void Groups_that_segments_hold_are_not_added_again()
    {
        var recent = new RecentEvents();
        recent.SkipThrough(10);
        recent.Add(1, Outcome(10, 3));
        recent.Add(2, Outcome(11));
        Assert.Equal(1, recent.Count);
        Assert.False(recent.TryFind(1, out _));
    }

    [Fact]
    public void Removing_is_bounded_and_goes_on_where_it_ended()
    {
        var recent = new RecentEvents();
        for (int sequence = 1; sequence <= 10; sequence++)
            recent.Add((UInt128)sequence, Outcome(sequence));
        Assert.True(recent.RemoveThrough(8, 5));
        Assert.Equal(5, recent.Count);
        Assert.False(recent.RemoveThrough(8, 5));
        Assert.Equal(2, recent.Count);
    }

    [Fact]
    public void Entries_of_many_pages_are_found_while_old_ones_go_and_new_ones_come()
    {
        var recent = new RecentEvents();
        const int kept = 5_000;
        for (int sequence = 1; sequence <= 40_000; sequence++)
        {
            recent.Add((UInt128)sequence * 0x9E3779B97F4A7C15, Outcome(sequence));
            if (sequence % 1_000 == 0 && sequence > kept)
                Assert.False(recent.RemoveThrough(sequence - kept, int.MaxValue));
        }

        Assert.Equal(kept, recent.Count);
        for (int sequence = 1; sequence <= 40_000; sequence++)
        {
            Assert.Equal(sequence > 35_000, recent.TryFind((UInt128)sequence * 0x9E3779B97F4A7C15, out FirstOutcome found));
            Assert.True(sequence <= 35_000 || found == Outcome(sequence));
        }
    }

    [Fact]
    public void Pages_are_used_again()
    {
        var recent = new RecentEvents();
        long before = 0;
        for (int sequence = 1; sequence <= 200_000; sequence++)
        {
            if (sequence == 20_000)
                before = GC.GetAllocatedBytesForCurrentThread();
            recent.Add((UInt128)sequence * 0x9E3779B97F4A7C15, Outcome(sequence));
            if (sequence > 8_000)
                recent.RemoveThrough(sequence - 8_000, 1);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    // A small space of identities makes collisions of slots, copies and wraps of the ring common.
    [Fact]
    public void It_behaves_like_a_dictionary_whose_oldest_entries_are_removed() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(200),
        Prop.ForAll(Gen.Choose(0, 400).ArrayOf().ToArbitrary(), steps =>
        {
            var recent = new RecentEvents();
            var model = new List<(UInt128 Identity, long Sequence)>();
            long sequence = 0;
            foreach (int step in steps.Concat(steps).Concat(steps))
            {
                if (step >= 390)
                {
                    long through = Math.Max(0, sequence - (step - 390) * 10);
                    recent.RemoveThrough(through, int.MaxValue);
                    model.RemoveAll(entry => entry.Sequence <= through);
                    continue;
                }

                UInt128 identity = (UInt128)step << 1;
                recent.Add(identity, Outcome(++sequence));
                model.Add((identity, sequence));
            }

            Assert.Equal(model.Count, recent.Count);
            for (int step = 0; step < 400; step++)
            {
                UInt128 identity = (UInt128)step << 1;
                long newest = model.Where(entry => entry.Identity == identity).Select(entry => entry.Sequence).DefaultIfEmpty().Max();
                Assert.Equal(newest > 0, recent.TryFind(identity, out FirstOutcome found));
                if (newest > 0)
                    Assert.Equal(Outcome(newest), found);
            }
        }));
}
