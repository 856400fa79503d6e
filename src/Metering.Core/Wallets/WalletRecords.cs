namespace Metering.Core.Wallets;

/// <summary>
/// What a wallet remembers besides its grants: holds, top-ups, answers. Most wallets have none of it, and then share <see cref="None"/>
/// instead of having four empty collections each.
/// </summary>
internal sealed class WalletRecords
{
    /// <summary>Nothing. Never added to.</summary>
    public static readonly WalletRecords None = new();

    public Dictionary<string, Hold> Holds { get; } = new(StringComparer.Ordinal);

    public List<Hold> PendingHolds { get; } = [];

    public Dictionary<long, TopUp> TopUps { get; } = [];

    public Dictionary<UInt128, RememberedAnswer> Answers { get; } = [];
}
