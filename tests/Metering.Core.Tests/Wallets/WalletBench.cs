using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;

namespace Metering.Core.Tests.Wallets;

/// <summary>A wallet on a clock that the test moves, with everything that was journaled about it.</summary>
internal sealed class WalletBench : IWalletJournal
{
    public static readonly Instant Start = Instant.FromUnixMicroseconds(1_737_124_200_000_000);

    public Wallet Wallet { get; private set; } = new();

    public Instant Now { get; set; } = Start;

    public int ItemsMax { get; init; } = 100;

    public int AnswersMax { get; init; } = 100;

    public List<(byte[] Event, LedgerStamp Stamp, Instant At)> Journal { get; } = [];

    public List<WalletEvent> Events { get; } = [];

    public WalletContext Context => new(
        Now, Instant.FromUnixMicroseconds(Now.UnixMicroseconds / 86_400_000_000 * 86_400_000_000),
        new WalletBounds(ItemsMax, AnswersMax, TimeSpan.FromHours(24)));

    public static Amount A(string text) => Amount.Parse(text);

    public void Append(WalletEvent change, LedgerStamp stamp)
    {
        var writer = new ByteWriter();
        WalletEventFormat.Write(writer, change);
        Journal.Add((writer.Span.ToArray(), stamp, Now));
        Events.Add(change);
    }

    /// <summary>Does what is due, then the command.</summary>
    public WalletResult Do(WalletCommand command)
    {
        while (Wallet.NextDue <= Now)
            Assert.True(WalletDecisions.RunNextDue(Wallet, Wallet.NextDue, Context, this));
        return WalletDecisions.Execute(Wallet, command, Context, this);
    }

    public WalletResult Grant(string amount, int priority = 50, int? expiresInMinutes = null) => Do(new GrantCredits(
        A(amount), GrantKind.Paid, priority, expiresInMinutes is { } minutes ? Now + TimeSpan.FromMinutes(minutes) : null, "test"));

    public WalletResult Hold(string id, string amount, int minutes = 60) =>
        Do(new CreateHold(id, A(amount), TimeSpan.FromMinutes(minutes)));

    public WalletView View() => Wallet.ToView("c1", 0);

    public string Text() => string.Join('|', View() with { Grants = [], Holds = [], TopUps = [] }, string.Join(',', View().Grants),
        string.Join(',', View().Holds), string.Join(',', View().TopUps));

    /// <summary>What the journal makes of a fresh wallet.</summary>
    public Wallet Replay()
    {
        var wallet = new Wallet();
        foreach ((byte[] bytes, LedgerStamp stamp, Instant at) in Journal)
        {
            var reader = new ByteReader(bytes);
            Assert.Equal(stamp, wallet.Apply(WalletEventFormat.Read(ref reader), at));
            Assert.True(reader.IsAtEnd);
        }

        return wallet;
    }

    public static byte[] Encode(Wallet wallet)
    {
        var writer = new ByteWriter();
        wallet.Write(writer);
        return writer.Span.ToArray();
    }

    /// <summary>Goes on with what a checkpoint would restore.</summary>
    public void Reload()
    {
        var reader = new ByteReader(Encode(Wallet));
        Wallet = Wallet.Read(ref reader);
        Assert.True(reader.IsAtEnd);
    }
}
