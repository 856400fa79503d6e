using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Partitions;
using Metering.Grid.Wallets;

namespace Metering.Grid.Hosting;

/// <summary>A customer's wallet in this process.</summary>
internal sealed class WalletHandle(PartitionEngine engine, CustomerEntry customer) : IWallet
{
    /// <inheritdoc />
    public ValueTask<WalletView> ReadAsync(CancellationToken cancellation) => engine.RunAsync(
        customer, customer, null, isWrite: false,
        static (in DecisionContext context, CustomerEntry whose, Dedup.FirstOutcome? _) =>
            context.State.ReadWallet(whose, context.Catalog, context.Now, context.Group),
        cancellation);

    /// <inheritdoc />
    public ValueTask<HoldView?> ReadHoldAsync(string holdId, CancellationToken cancellation) => engine.RunAsync(
        customer, (customer, holdId), null, isWrite: false,
        static (in DecisionContext context, (CustomerEntry Whose, string HoldId) argument, Dedup.FirstOutcome? _) =>
            context.State.ReadHold(argument.Whose, argument.HoldId, context.Catalog, context.Now, context.Group),
        cancellation);

    /// <inheritdoc />
    public async ValueTask<WalletResult> ExecuteAsync(WalletCommand command, CancellationToken cancellation)
    {
        var capture = command as CaptureHoldForEvent;
        if (capture is not null)
            await engine.MarkUsedAsync(capture.Event, cancellation);
        return await engine.RunAsync(
            customer, (customer, command), capture?.Event, isWrite: true,
            static (in DecisionContext context, (CustomerEntry Whose, WalletCommand Command) argument, Dedup.FirstOutcome? known) =>
                context.State.Execute(argument.Whose, argument.Command, known, context.Catalog, context.Now, context.Group),
            cancellation);
    }

    /// <inheritdoc />
    public ValueTask<CustomerStatus> ReadStatusAsync(CancellationToken cancellation) => engine.RunAsync(
        customer, customer, null, isWrite: false,
        static (in DecisionContext context, CustomerEntry whose, Dedup.FirstOutcome? _) =>
            context.State.ReadStatus(whose, context.Catalog, context.Now, context.Group),
        cancellation);

    /// <inheritdoc />
    public ValueTask<long> SetStatusAsync(CustomerStatus status, CancellationToken cancellation) => engine.RunAsync(
        customer, (customer, status), null, isWrite: true,
        static (in DecisionContext context, (CustomerEntry Whose, CustomerStatus Status) argument, Dedup.FirstOutcome? _) =>
            context.State.SetStatus(argument.Whose, argument.Status, context.Catalog, context.Now, context.Group),
        cancellation);
}
