using Metering.Grid.Outbox;

namespace Metering.Grid.Tests.Outbox;

public sealed class OutboxTests
{
    [Fact]
    public void Id_follows_from_its_cause_alone_and_names_the_partition()
    {
        // Fixed for ever: another value would put every message in again.
        Assert.Equal("evt_00117be1d07463bc566f05c5f2b32781", OutboxIds.Event(17, 4211, 3, OutboxKinds.AlertRaised));
        string[] different =
        [
            OutboxIds.Event(17, 4211, 3, OutboxKinds.WalletLow), OutboxIds.Event(17, 4211, 4, OutboxKinds.AlertRaised),
            OutboxIds.Event(17, 4212, 3, OutboxKinds.AlertRaised), OutboxIds.Event(18, 4211, 3, OutboxKinds.AlertRaised),
            OutboxIds.Of("evt_", 17, "42113", "", OutboxKinds.AlertRaised), OutboxIds.Event(17, 4211, 3, OutboxKinds.AlertRaised),
        ];
        Assert.Equal(different.Length, different.Distinct().Count());
        Assert.NotEqual(OutboxIds.Of("x_", 1, "ab", "c"), OutboxIds.Of("x_", 1, "a", "bc"));

        Assert.True(OutboxIds.TryReadPartition(OutboxIds.Delivery(65_535, "e", "w"), out int partition));
        Assert.Equal(65_535, partition);
        string[] others = ["", "evt_", "evt_0011", "evt_0011c22a91154c06ca49d0d8c5d1d91A", "0011c22a91154c06ca49d0d8c5d1d91a"];
        foreach (string wrong in others)
            Assert.False(OutboxIds.TryReadPartition(wrong, out _), wrong);
    }

    [Fact]
    public void Backoff_doubles_up_to_the_longest_and_chance_takes_up_to_half()
    {
        var options = new OutboxOptions { FirstDelay = TimeSpan.FromSeconds(4), LongestDelay = TimeSpan.FromSeconds(20) };
        int[] attempts = [1, 2, 3, 4, 1_000_000];
        Assert.Equal([2, 4, 8, 10, 10], attempts.Select(attempt => (int)options.DelayAfter(attempt, 0).TotalSeconds));
        Assert.Equal(TimeSpan.FromSeconds(3), options.DelayAfter(1, 0.5));
    }

    [Fact]
    public void Settings_name_every_fault_at_once()
    {
        var wrong = new OutboxOptions { Lease = TimeSpan.Zero, AttemptsMax = 0, Retention = TimeSpan.FromHours(1) };
        string message = Assert.Throws<ArgumentException>(wrong.Validate).Message;
        foreach (string name in new[] { "Lease", "AttemptsMax", "Retention" })
            Assert.Contains(name, message, StringComparison.Ordinal);
        new OutboxOptions().Validate();
    }
}
