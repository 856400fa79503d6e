using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Wallets;

/// <content>The form of a wallet in a checkpoint.</content>
public sealed partial class Wallet
{
    /// <summary>Writes the state; equal wallets give equal bytes, whatever they have forgotten on the way.</summary>
    public void Write(ByteWriter writer)
    {
        foreach (Amount amount in (ReadOnlySpan<Amount>)[Available, Held, Burned, Expired, Granted, Overage])
            writer.Amount(amount);
        foreach (long number in (ReadOnlySpan<long>)[LedgerEntries, GrantCount, HoldCount, TopUpCount])
            writer.Unsigned(number);
        writer.Instant(TopUpDay);
        writer.Unsigned((ulong)TopUpsThatDay);
        writer.Bool(AutoTopUp is not null);
        if (AutoTopUp is not null)
            WalletResultFormat.Write(writer, AutoTopUp);
        writer.Bool(LowBalance is not null);
        if (LowBalance is { } low)
            writer.Amount(low);
        writer.Unsigned((ulong)grants.Length);
        foreach (Grant grant in grants)
            Write(writer, grant);
        if (records == WalletRecords.None)
            writer.Raw([0, 0, 0]);
        else
            Write(writer, records);
    }

    /// <summary>Three counts, each with what it counts.</summary>
    private static void Write(ByteWriter writer, WalletRecords records)
    {
        writer.Unsigned((ulong)records.Holds.Count);
        foreach (Hold hold in records.Holds.Values.OrderBy(hold => hold.Id, StringComparer.Ordinal))
            Write(writer, hold);
        writer.Unsigned((ulong)records.TopUps.Count);
        foreach (TopUp topUp in records.TopUps.Values.OrderBy(topUp => topUp.Number))
            Write(writer, topUp);
        writer.Unsigned((ulong)records.Answers.Count);
        foreach ((UInt128 key, RememberedAnswer answer) in records.Answers.OrderBy(answer => answer.Key))
        {
            writer.Fixed128(key);
            writer.Fixed64(answer.BodyDigest);
            WalletResultFormat.Write(writer, answer.Result);
        }
    }

    /// <summary>Reads the state, and checks its invariants.</summary>
    /// <param name="reader">Stands on the wallet.</param>
    /// <param name="hasLowBalance">False for a form from before there were low balances.</param>
    public static Wallet Read(ref ByteReader reader, bool hasLowBalance = true)
    {
        var wallet = new Wallet
        {
            Available = reader.Amount(), Held = reader.Amount(), Burned = reader.Amount(), Expired = reader.Amount(),
            Granted = reader.Amount(), Overage = reader.Amount(), LedgerEntries = reader.Long(),
            GrantCount = reader.Long(), HoldCount = reader.Long(), TopUpCount = reader.Long(),
            TopUpDay = reader.Instant(), TopUpsThatDay = reader.Count(),
            AutoTopUp = reader.Bool() ? WalletResultFormat.ReadAutoTopUp(ref reader) : null,
            LowBalance = hasLowBalance && reader.Bool() ? reader.Amount() : null,
        };
        int grants = reader.CountOf(1);
        wallet.grants = grants == 0 ? [] : new Grant[grants];
        for (int i = 0; i < grants; i++)
            wallet.grants[i] = ReadGrant(ref reader);
        wallet.front = grants == 0 ? null : wallet.grants[0];
        for (int count = reader.CountOf(1); count > 0; count--)
            wallet.Add(ReadHold(ref reader));
        for (int count = reader.CountOf(1); count > 0; count--)
            wallet.Add(ReadTopUp(ref reader));
        for (int count = reader.CountOf(1); count > 0; count--)
            wallet.Own().Answers[reader.Fixed128()] = new RememberedAnswer(reader.Fixed64(), WalletResultFormat.Read(ref reader));
        wallet.Stamp(wallet.Available, hasEntry: false);
        return wallet;
    }

    private void Add(Hold hold)
    {
        if (!Own().Holds.TryAdd(hold.Id, hold))
            throw new CorruptDataException($"Hold {hold.Id} stands twice.");
        if (hold.State == HoldState.Pending)
            records.PendingHolds.Add(hold);
    }

    private void Add(TopUp topUp)
    {
        if (!Own().TopUps.TryAdd(topUp.Number, topUp))
            throw new CorruptDataException($"Top-up {topUp.Number} stands twice.");
        if (topUp.State == TopUpState.Pending)
            PendingTopUps++;
    }

    private static void Write(ByteWriter writer, Grant grant)
    {
        writer.Unsigned(grant.Number);
        writer.Byte((byte)grant.Kind);
        writer.Signed(grant.Priority);
        writer.Amount(grant.Amount);
        writer.OptionalInstant(grant.ExpiresAt);
        writer.Instant(grant.CreatedAt);
        writer.Text(grant.Reason);
        writer.Amount(grant.Free);
        writer.Amount(grant.Held);
        writer.Bool(grant.HasExpired);
    }

    private static Grant ReadGrant(ref ByteReader reader) => new()
    {
        Number = reader.Long(), Kind = (GrantKind)reader.Byte(0, 1), Priority = (int)reader.Signed(), Amount = reader.Amount(),
        ExpiresAt = reader.OptionalInstant(), CreatedAt = reader.Instant(), Reason = reader.Text(),
        Free = reader.Amount(), Held = reader.Amount(), HasExpired = reader.Bool(),
    };

    private static void Write(ByteWriter writer, Hold hold)
    {
        writer.Text(hold.Id);
        writer.Instant(hold.CreatedAt);
        writer.Instant(hold.ExpiresAt);
        writer.Amount(hold.Amount);
        writer.Amount(hold.Captured);
        writer.Byte((byte)hold.State);
        writer.OptionalInstant(hold.ClosedAt);
        writer.Unsigned((ulong)hold.Draws.Count);
        foreach (GrantDraw draw in hold.Draws)
        {
            writer.Unsigned(draw.Grant);
            writer.Amount(draw.Amount);
        }
    }

    private static Hold ReadHold(ref ByteReader reader)
    {
        var hold = new Hold
        {
            Id = reader.Text(), CreatedAt = reader.Instant(), ExpiresAt = reader.Instant(),
            Amount = reader.Amount(), Captured = reader.Amount(), State = (HoldState)reader.Byte(0, 3), ClosedAt = reader.OptionalInstant(),
        };
        for (int count = reader.CountOf(1); count > 0; count--)
            hold.Draws.Add(new GrantDraw(reader.Long(), reader.Amount()));
        return hold;
    }

    private static void Write(ByteWriter writer, TopUp topUp)
    {
        writer.Unsigned(topUp.Number);
        writer.Amount(topUp.Amount);
        writer.Instant(topUp.CreatedAt);
        writer.Byte((byte)topUp.State);
        writer.OptionalInstant(topUp.ClosedAt);
    }

    private static TopUp ReadTopUp(ref ByteReader reader) => new()
    {
        Number = reader.Long(), Amount = reader.Amount(), CreatedAt = reader.Instant(), State = (TopUpState)reader.Byte(0, 2),
        ClosedAt = reader.OptionalInstant(),
    };
}
