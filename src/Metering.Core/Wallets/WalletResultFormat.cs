using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Wallets;

/// <summary>The binary form of a remembered answer, version 1.</summary>
internal static class WalletResultFormat
{
    private const int HasHold = 1;
    private const int HasGrant = 2;
    private const int HasTopUp = 4;
    private const int HasAutoTopUp = 8;

    // Written since a duplicate's own time is remembered; an answer without it was given with the time of the command.
    private const int HasTakenAt = 16;
    private const int AllParts = 31;

    public static void Write(ByteWriter writer, WalletResult result)
    {
        writer.Byte((byte)result.Code);
        writer.Amount(result.Available);
        writer.Amount(result.Held);
        writer.Byte((byte)result.EventCode);
        writer.Amount(result.Credits);
        writer.Instant(result.At);
        writer.Byte((byte)((result.Hold is null ? 0 : HasHold) | (result.Grant is null ? 0 : HasGrant)
            | (result.TopUp is null ? 0 : HasTopUp) | (result.AutoTopUp is null ? 0 : HasAutoTopUp)
            | (result.TakenAt == result.At ? 0 : HasTakenAt)));
        if (result.Hold is { } hold)
            Write(writer, hold);
        if (result.Grant is { } grant)
            Write(writer, grant);
        if (result.TopUp is { } topUp)
            Write(writer, topUp);
        if (result.AutoTopUp is { } autoTopUp)
            Write(writer, autoTopUp);
        if (result.TakenAt != result.At)
            writer.Instant(result.TakenAt);
    }

    public static WalletResult Read(ref ByteReader reader)
    {
        var code = (WalletCode)reader.Byte(0, 12);
        Amount available = reader.Amount();
        Amount held = reader.Amount();
        var eventCode = (EventCode)reader.Byte(0, 12);
        Amount credits = reader.Amount();
        Instant at = reader.Instant();
        int parts = reader.Byte(0, AllParts);
        HoldView? hold = (parts & HasHold) != 0 ? ReadHold(ref reader) : null;
        GrantView? grant = (parts & HasGrant) != 0 ? ReadGrant(ref reader) : null;
        TopUpView? topUp = (parts & HasTopUp) != 0 ? ReadTopUp(ref reader) : null;
        AutoTopUpView? autoTopUp = (parts & HasAutoTopUp) != 0 ? ReadAutoTopUp(ref reader) : null;
        return new WalletResult(code, available, held, hold, grant, topUp, autoTopUp, eventCode, credits, at)
        {
            TakenAt = (parts & HasTakenAt) != 0 ? reader.Instant() : at,
        };
    }

    public static void Write(ByteWriter writer, AutoTopUpView setting)
    {
        writer.Amount(setting.Threshold);
        writer.Amount(setting.Amount);
        writer.Unsigned((ulong)setting.MaxPerDay);
        writer.Bool(setting.Trust);
    }

    public static AutoTopUpView ReadAutoTopUp(ref ByteReader reader) =>
        new(reader.Amount(), reader.Amount(), reader.Count(), reader.Bool());

    private static void Write(ByteWriter writer, HoldView hold)
    {
        writer.Text(hold.Id);
        writer.Amount(hold.Amount);
        writer.Amount(hold.Captured);
        writer.Amount(hold.Remaining);
        writer.Byte((byte)hold.State);
        writer.Instant(hold.CreatedAt);
        writer.Instant(hold.ExpiresAt);
        writer.OptionalInstant(hold.ClosedAt);
    }

    private static HoldView ReadHold(ref ByteReader reader) => new(
        reader.Text(), reader.Amount(), reader.Amount(), reader.Amount(), (HoldState)reader.Byte(0, 3), reader.Instant(), reader.Instant(),
        reader.OptionalInstant());

    private static void Write(ByteWriter writer, GrantView grant)
    {
        writer.Text(grant.Id);
        writer.Byte((byte)grant.Kind);
        writer.Signed(grant.Priority);
        writer.Amount(grant.Amount);
        writer.Amount(grant.Remaining);
        writer.Amount(grant.Held);
        writer.OptionalInstant(grant.ExpiresAt);
        writer.Instant(grant.CreatedAt);
        writer.Text(grant.Reason);
    }

    private static GrantView ReadGrant(ref ByteReader reader) => new(
        reader.Text(), (GrantKind)reader.Byte(0, 1), (int)reader.Signed(), reader.Amount(), reader.Amount(), reader.Amount(),
        reader.OptionalInstant(), reader.Instant(), reader.Text());

    private static void Write(ByteWriter writer, TopUpView topUp)
    {
        writer.Text(topUp.Id);
        writer.Amount(topUp.Amount);
        writer.Byte((byte)topUp.State);
        writer.Instant(topUp.CreatedAt);
    }

    private static TopUpView ReadTopUp(ref ByteReader reader) =>
        new(reader.Text(), reader.Amount(), (TopUpState)reader.Byte(0, 2), reader.Instant());
}
