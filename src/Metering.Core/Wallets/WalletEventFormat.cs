using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Wallets;

/// <summary>
/// The binary form of wallet events as journaled, version 1: a number for the kind, then its members in the order of the record. Numbers
/// are never used again for something else.
/// </summary>
public static class WalletEventFormat
{
    private const byte Burned = 1;
    private const byte Added = 2;
    private const byte GrantEnded = 3;
    private const byte Created = 4;
    private const byte Raised = 5;
    private const byte Captured = 6;
    private const byte HoldEnded = 7;
    private const byte Removed = 8;
    private const byte AutoTopUp = 9;
    private const byte TopUpAsked = 10;
    private const byte TopUpEnded = 11;
    private const byte Answered = 12;
    private const byte LowBalance = 13;

    // A burn is the one wallet event on the path of usage, so its usual form is short.
    private const int BurnHasOverage = 1;
    private const int BurnIsOneDraw = 2;
    private const int BurnIsOneEvent = 4;

    /// <summary>Writes an event.</summary>
    public static void Write(ByteWriter writer, WalletEvent change)
    {
        switch (change)
        {
            case CreditsBurned e:
                WriteBurn(writer, e.Total, e.Overage, e.Draws, e.Events);
                break;
            case GrantAdded e:
                WriteGrant(writer, e);
                break;
            case GrantExpired e:
                writer.Byte(GrantEnded);
                writer.Unsigned(e.Number);
                writer.Amount(e.Amount);
                break;
            case HoldCreated e:
                writer.Byte(Created);
                writer.Text(e.Id);
                writer.Unsigned(e.Number);
                writer.Amount(e.Amount);
                writer.Instant(e.ExpiresAt);
                WriteDraws(writer, e.Draws);
                break;
            case HoldRaised e:
                writer.Byte(Raised);
                writer.Text(e.Id);
                writer.Amount(e.By);
                WriteDraws(writer, e.Draws);
                break;
            case HoldCaptured e:
                writer.Byte(Captured);
                writer.Text(e.Id);
                writer.Amount(e.Amount);
                break;
            case HoldClosed e:
                writer.Byte(HoldEnded);
                writer.Text(e.Id);
                writer.Byte((byte)e.State);
                writer.Amount(e.Returned);
                break;
            default:
                WriteOther(writer, change);
                break;
        }
    }

    /// <summary>The hot form of writing <see cref="CreditsBurned"/>.</summary>
    public static void WriteBurn(ByteWriter writer, Amount total, Amount overage, IReadOnlyList<GrantDraw> draws, int events)
    {
        bool isOneDraw = draws.Count == 1;
        writer.Byte(Burned);
        writer.Byte((byte)((overage.IsZero ? 0 : BurnHasOverage) | (isOneDraw ? BurnIsOneDraw : 0) | (events == 1 ? BurnIsOneEvent : 0)));
        writer.Amount(total);
        if (!overage.IsZero)
            writer.Amount(overage);
        if (events != 1)
            writer.Unsigned((ulong)events);
        if (isOneDraw)
            writer.Unsigned(draws[0].Grant);
        else
            WriteDraws(writer, draws);
    }

    /// <summary>Reads a burn as figures, without an object; where the event is none, nothing is read.</summary>
    public static bool TryReadBurn(ref ByteReader reader, out BurnFigures burn)
    {
        ByteReader ahead = reader;
        burn = default;
        if (ahead.Byte() != Burned)
            return false;
        int flags = ahead.Byte(0, BurnHasOverage | BurnIsOneDraw | BurnIsOneEvent);
        Amount total = ahead.Amount();
        Amount overage = (flags & BurnHasOverage) != 0 ? ahead.Amount() : Amount.Zero;
        int events = (flags & BurnIsOneEvent) != 0 ? 1 : ahead.Count();
        if ((flags & BurnIsOneDraw) != 0)
        {
            ahead.Long();
        }
        else
        {
            for (int draws = ahead.CountOf(2); draws > 0; draws--)
            {
                ahead.Long();
                ahead.Amount();
            }
        }

        if (!total.TrySubtract(overage, out _))
            throw new CorruptDataException("A burn is out of range.");
        burn = new BurnFigures(total, overage, events);
        reader = ahead;
        return true;
    }

    /// <summary>Reads an event.</summary>
    public static WalletEvent Read(ref ByteReader reader)
    {
        byte kind = reader.Byte();
        switch (kind)
        {
            case Burned:
                return ReadBurn(ref reader);
            case Added:
                return new GrantAdded(
                    reader.Long(), reader.Amount(), (GrantKind)reader.Byte(0, 1), (int)reader.Signed(),
                    reader.OptionalInstant(), reader.Text(), (GrantOrigin)reader.Byte(0, 2));
            case GrantEnded:
                return new GrantExpired(reader.Long(), reader.Amount());
            case Created:
                return new HoldCreated(reader.Text(), reader.Long(), reader.Amount(), reader.Instant(), ReadDraws(ref reader));
            case Raised:
                return new HoldRaised(reader.Text(), reader.Amount(), ReadDraws(ref reader));
            case Captured:
                return new HoldCaptured(reader.Text(), reader.Amount());
            case HoldEnded:
                return new HoldClosed(reader.Text(), (HoldState)reader.Byte(1, 3), reader.Amount());
            case Removed:
                return new CreditsRemoved(reader.Amount(), ReadDraws(ref reader), reader.Text());
            case AutoTopUp:
                return new AutoTopUpChanged(reader.Bool() ? WalletResultFormat.ReadAutoTopUp(ref reader) : null);
            case LowBalance:
                return new LowBalanceChanged(reader.Bool() ? reader.Amount() : null);
            case TopUpAsked:
                return new TopUpRequested(reader.Long(), reader.Amount(), reader.Instant());
            case TopUpEnded:
                return new TopUpClosed(reader.Long(), (TopUpState)reader.Byte(1, 2));
            case Answered:
                return new AnswerRemembered(reader.Fixed128(), reader.Fixed64(), WalletResultFormat.Read(ref reader));
            default:
                throw new CorruptDataException($"There is no wallet event {kind}.");
        }
    }

    private static void WriteOther(ByteWriter writer, WalletEvent change)
    {
        switch (change)
        {
            case CreditsRemoved e:
                writer.Byte(Removed);
                writer.Amount(e.Amount);
                WriteDraws(writer, e.Draws);
                writer.Text(e.Reason);
                break;
            case AutoTopUpChanged e:
                writer.Byte(AutoTopUp);
                writer.Bool(e.Setting is not null);
                if (e.Setting is not null)
                    WalletResultFormat.Write(writer, e.Setting);
                break;
            case LowBalanceChanged e:
                writer.Byte(LowBalance);
                writer.Bool(e.Threshold is not null);
                if (e.Threshold is { } threshold)
                    writer.Amount(threshold);
                break;
            case TopUpRequested e:
                writer.Byte(TopUpAsked);
                writer.Unsigned(e.Number);
                writer.Amount(e.Amount);
                writer.Instant(e.Day);
                break;
            case TopUpClosed e:
                writer.Byte(TopUpEnded);
                writer.Unsigned(e.Number);
                writer.Byte((byte)e.State);
                break;
            case AnswerRemembered e:
                writer.Byte(Answered);
                writer.Fixed128(e.Key);
                writer.Fixed64(e.BodyDigest);
                WalletResultFormat.Write(writer, e.Result);
                break;
            default:
                throw new ArgumentException($"{change.GetType().Name} has no binary form.", nameof(change));
        }
    }

    private static CreditsBurned ReadBurn(ref ByteReader reader)
    {
        int flags = reader.Byte(0, BurnHasOverage | BurnIsOneDraw | BurnIsOneEvent);
        Amount total = reader.Amount();
        Amount overage = (flags & BurnHasOverage) != 0 ? reader.Amount() : Amount.Zero;
        int events = (flags & BurnIsOneEvent) != 0 ? 1 : reader.Count();
        if (!total.TrySubtract(overage, out Amount drawn))
            throw new CorruptDataException("A burn is out of range.");
        List<GrantDraw> draws = (flags & BurnIsOneDraw) != 0 ? [new GrantDraw(reader.Long(), drawn)] : ReadDraws(ref reader);
        return new CreditsBurned(total, overage, draws, events);
    }

    private static void WriteGrant(ByteWriter writer, GrantAdded e)
    {
        writer.Byte(Added);
        writer.Unsigned(e.Number);
        writer.Amount(e.Amount);
        writer.Byte((byte)e.Kind);
        writer.Signed(e.Priority);
        writer.OptionalInstant(e.ExpiresAt);
        writer.Text(e.Reason);
        writer.Byte((byte)e.Origin);
    }

    private static void WriteDraws(ByteWriter writer, IReadOnlyList<GrantDraw> draws)
    {
        writer.Unsigned((ulong)draws.Count);
        for (int i = 0; i < draws.Count; i++)
        {
            writer.Unsigned(draws[i].Grant);
            writer.Amount(draws[i].Amount);
        }
    }

    private static List<GrantDraw> ReadDraws(ref ByteReader reader)
    {
        int count = reader.CountOf(2);
        var draws = new List<GrantDraw>(count);
        for (int i = 0; i < count; i++)
            draws.Add(new GrantDraw(reader.Long(), reader.Amount()));
        return draws;
    }
}
