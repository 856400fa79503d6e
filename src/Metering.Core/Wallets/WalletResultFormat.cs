using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Wallets;

/// <summary>The binary form of a remembered answer, version 1.</summary>
internal static class WalletResultFormat
{
    public static void Write(ByteWriter writer, WalletResult result)
    {
        writer.Byte((byte)result.Code);
        writer.Amount(result.Available);
        writer.Amount(result.Held);
        writer.Byte((byte)result.EventCode);
        writer.Amount(result.Credits);
        writer.Instant(result.At);
        writer.Byte((byte)((result.Hold is null ? 0 : 1) | (result.Grant is null ? 0 : 2) | (result.TopUp is null ? 0 : 4)
            | (result.AutoTopUp is null ? 0 : 8)));
        if (result.Hold is { } hold)
            Write(writer, hold);
        if (result.Grant is { } grant)
            Write(writer, grant);
        if (result.TopUp is { } topUp)
            Write(writer, topUp);
        if (result.AutoTopUp is { } autoTopUp)
            Write(writer, autoTopUp);
    }

    public static WalletResult Read(ref ByteReader reader)
    {
        var code = (WalletCode)reader.Byte(0, 12);
        Amount available = reader.Amount();
        Amount held = reader.Amount();
        var eventCode = (EventCode)reader.Byte(0, 12);
        Amount credits = reader.Amount();
        Instant at = reader.Instant();
        int parts = reader.Byte(0, 15);
        HoldView? hold = (parts & 1) != 0 ? ReadHold(ref reader) : null;
        GrantView? grant = (parts & 2) != 0 ? ReadGrant(ref reader) : null;
        TopUpView? topUp = (parts & 4) != 0 ? ReadTopUp(ref reader) : null;
        AutoTopUpView? autoTopUp = (parts & 8) != 0 ? ReadAutoTopUp(ref reader) : null;
        return new WalletResult(code, available, held, hold, grant, topUp, autoTopUp, eventCode, credits, at);
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
