using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Grid.Wallets;

/// <summary>A capture of a hold that carries the usage event it pays for: limits and dedup apply to the event; what it costs beyond the
/// hold comes from the available credits, or it is refused whole.</summary>
/// <param name="HoldId">The hold.</param>
/// <param name="Event">A batch of exactly one event, resolved.</param>
/// <param name="Close">Whether the rest of the hold is released.</param>
public sealed record CaptureHoldForEvent(string HoldId, EventBatch Event, bool Close) : WalletCommand;

/// <summary>
/// One customer's wallet. Every answer, also of a read and of a refusal, is durable and fenced:
/// it holds nothing that a crash could take back.
/// </summary>
/// <remarks>
/// All methods throw <see cref="PartitionUnavailableException"/> when the partition's shard or owner is away or the outcome is unknown:
/// send the same again; <see cref="OverloadedException"/> past the bound of work in flight.
/// </remarks>
public interface IWallet
{
    /// <summary>The wallet as it is now.</summary>
    ValueTask<WalletView> ReadAsync(CancellationToken cancellation);

    /// <summary>One hold, also a closed one for as long as the wallet remembers it (24 hours); null if there is none.</summary>
    ValueTask<HoldView?> ReadHoldAsync(string holdId, CancellationToken cancellation);

    /// <summary>Decides a command.</summary>
    ValueTask<WalletResult> ExecuteAsync(WalletCommand command, CancellationToken cancellation);

    /// <summary>The customer's status as journaled.</summary>
    ValueTask<CustomerStatus> ReadStatusAsync(CancellationToken cancellation);

    /// <summary>Changes the customer's status. Setting the same again changes nothing.</summary>
    /// <returns>The newest position of the partition's journal at the decision: the group that holds the change is not newer.</returns>
    ValueTask<long> SetStatusAsync(CustomerStatus status, CancellationToken cancellation);
}
