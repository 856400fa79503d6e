using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Metering.Core.Money;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Payments;
using Metering.Grid.Wallets;
using Microsoft.Extensions.Logging;

namespace Metering.Delivery.Payments;

/// <summary>
/// Takes the credits of a refunded top-up back: the share of them that was refunded, rounded half to even, or what the wallet still has.
/// </summary>
internal sealed partial class RefundedCharges(IMeteringEngine engine, IPaymentRefunds refunds, ILogger<RefundedCharges> logger)
{
    private const int PartsMax = 100;
    private const int TriesMax = 5;

    /// <exception cref="PaymentNoticeException">It could not be done now.</exception>
    public async ValueTask TakeBackAsync(PaymentNotice notice, CancellationToken cancellation)
    {
        if (await engine.Directory.FindCustomerAsync(notice.CustomerId, cancellation) is not { } customer
            || !notice.Charged.IsPositive || !notice.Credits.IsPositive)
        {
            LogUnknown(logger, notice.ExternalId, notice.TopUpId);
            return;
        }

        for (int parts = 0; parts < PartsMax; parts++)
        {
            RefundPart part = await refunds.ClaimAsync(notice.ExternalId, notice.Refunded, cancellation);
            if (part.IsEmpty)
                return;
            Amount credits = Share(notice, part.Until) - Share(notice, part.From);
            if (credits.IsPositive)
                await TakeAsync(engine.Wallet(customer), notice, part, credits, cancellation);
            await refunds.CompleteAsync(notice.ExternalId, part, cancellation);
        }

        throw new PaymentNoticeException("Too many refunds of one charge arrive at once.");
    }

    private async ValueTask TakeAsync(
        IWallet wallet, PaymentNotice notice, RefundPart part, Amount credits, CancellationToken cancellation)
    {
        // Each try has a key of its own: what an earlier run did by one of them is answered, and ends this one.
        Amount take = credits;
        for (int tries = 0; tries < TriesMax; tries++)
        {
            WalletResult taken = await wallet.ExecuteAsync(
                new AdjustCredits(-take, $"Refund of top-up {notice.TopUpId}") { Idempotency = KeyOf(notice, part, tries) }, cancellation);
            if (taken.Code == WalletCode.Done)
                return;
            if (taken.Code != WalletCode.InsufficientCredits)
                throw new PaymentNoticeException($"The wallet answered {taken.Code}.");
            Amount available = (await wallet.ReadAsync(cancellation)).Available;
            if (!available.IsPositive)
            {
                LogSpent(logger, notice.TopUpId, notice.CustomerId, credits.ToString());
                return;
            }

            take = Amount.Min(credits, available);
        }

        throw new PaymentNoticeException("The wallet is used up as fast as it is read.");
    }

    private static Amount Share(PaymentNotice notice, Amount refunded) => Amount.FromNanos(checked((Int128)Rounding.DivideHalfEven(
        (BigInteger)notice.Credits.Nanos * (BigInteger)Amount.Min(refunded, notice.Charged).Nanos, (BigInteger)notice.Charged.Nanos)));

    // The wallet compares no body: the amount of a later try is what was there at that moment.
    private static IdempotencyKey KeyOf(PaymentNotice notice, RefundPart part, int tries)
    {
        string text = string.Create(
            CultureInfo.InvariantCulture, $"refund\n{notice.ExternalId}\n{part.From}\n{part.Until}\n{tries}");
        return new IdempotencyKey(BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text))), 0);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Charge {Charge} of top-up {TopUp} was refunded; whose it is is not known here")]
    private static partial void LogUnknown(ILogger logger, string charge, string topUp);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Top-up {TopUp} of {Customer} was refunded, and its {Credits} credits are spent")]
    private static partial void LogSpent(ILogger logger, string topUp, string customer, string credits);
}
