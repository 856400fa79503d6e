using Metering.Core.Money;
using Metering.Grid.Payments;
using Metering.Storage.Postgres.Directories;

namespace Metering.Storage.Postgres.Tests.Directories;

public sealed class PaymentRefundTests : IAsyncLifetime
{
    private ControlBench _bench = null!;
    private PaymentRefunds _refunds = null!;

    public async Task InitializeAsync()
    {
        _bench = await ControlBench.CreateAsync();
        _refunds = new PaymentRefunds(_bench.Control);
    }

    public Task DisposeAsync() => _bench.DisposeAsync().AsTask();

    [Fact]
    public async Task Each_part_of_a_refund_is_given_out_until_it_is_completed_and_then_never_again()
    {
        Assert.Equal(Part("0", "10.25"), await ClaimAsync("ch_1", "10.25"));
        // Taken by one that died: given out again as it was, whatever has been refunded by then.
        Assert.Equal(Part("0", "10.25"), await ClaimAsync("ch_1", "10.25"));
        Assert.Equal(Part("0", "10.25"), await ClaimAsync("ch_1", "30"));
        await _refunds.CompleteAsync("ch_1", Part("0", "10.25"), default);

        Assert.True((await ClaimAsync("ch_1", "10.25")).IsEmpty);
        Assert.Equal(Part("10.25", "30"), await ClaimAsync("ch_1", "30"));
        await _refunds.CompleteAsync("ch_1", Part("10.25", "30"), default);
        // Told of late: a smaller sum from before.
        Assert.True((await ClaimAsync("ch_1", "10.25")).IsEmpty);
        Assert.Equal(Part("0", "5"), await ClaimAsync("ch_2", "5"));
    }

    [Fact]
    public async Task Completing_what_was_not_claimed_so_changes_nothing_and_completing_twice_is_once()
    {
        await ClaimAsync("ch_1", "10");
        await _refunds.CompleteAsync("ch_1", Part("0", "99"), default);
        await _refunds.CompleteAsync("ch_1", Part("5", "10"), default);
        Assert.Equal(Part("0", "10"), await ClaimAsync("ch_1", "10"));
        await _refunds.CompleteAsync("ch_1", Part("0", "10"), default);
        await _refunds.CompleteAsync("ch_1", Part("0", "10"), default);
        Assert.True((await ClaimAsync("ch_1", "10")).IsEmpty);
    }

    [Fact]
    public async Task Of_16_who_claim_at_once_all_get_the_same_part()
    {
        RefundPart[] parts = await Task.WhenAll(Enumerable.Range(1, 16).Select(euros => ClaimAsync("ch_1", $"{euros}")));
        Assert.Single(parts.Distinct());
        Assert.Equal(Amount.Zero, parts[0].From);
    }

    private async Task<RefundPart> ClaimAsync(string charge, string refunded) =>
        await _refunds.ClaimAsync(charge, Amount.Parse(refunded), default);

    private static RefundPart Part(string from, string until) => new(Amount.Parse(from), Amount.Parse(until));
}
