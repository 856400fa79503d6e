using Metering.Core.Money;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Journal;
using Metering.Grid.Tests.Partitions;

namespace Metering.Grid.Tests.Journal;

/// <summary>A group with what came later to a customer's terms, the billing anchor day and the low balance; always the same, as
/// <see cref="SampleGroup"/>.</summary>
internal static class TermsSample
{
    public static IEnumerable<(string Name, Action<GroupWriter> Write)> Entries()
    {
        yield return ("customer opened", writer => writer.CustomerOpened(CustomerStatus.Active, "Pacific/Apia"));
        yield return ("customer anchored", writer => writer.CustomerAnchored(31));
        yield return (
            "low balance set", writer => writer.Append(new LowBalanceChanged(PartitionHarness.Credits("12.000000001")), default));
        yield return ("low balance taken away", writer => writer.Append(new LowBalanceChanged(null), default));
        yield return ("burn", writer => writer.Burned(
            Amount.FromWhole(15), Amount.Zero, [new GrantDraw(1, Amount.FromWhole(15))], 1,
            new LedgerStamp(2, Amount.FromWhole(100), Amount.FromWhole(85))));
    }

    /// <summary>All entries in one group.</summary>
    public static byte[] Whole() => SampleGroup.Of(writer =>
    {
        foreach ((_, Action<GroupWriter> write) in Entries())
            write(writer);
    });
}
