using Metering.Grid.Outbox;

namespace Metering.Delivery.Mail;

/// <summary>The mails that follow from events of the outbox.</summary>
public static class MailRows
{
    private const string Prefix = "mail_";

    /// <summary>The mail about an event, or null where there is none: of alerts and low wallets. Its id follows from the event's.</summary>
    public static OutboxMessage? Of(OutboxMessage happened)
    {
        string? kind = happened.Kind switch
        {
            OutboxKinds.AlertRaised => OutboxKinds.MailAlert,
            OutboxKinds.WalletLow => OutboxKinds.MailWalletLow,
            _ => null,
        };
        return kind is null
            ? null
            : new OutboxMessage(
                OutboxIds.Of(Prefix, happened.Partition, happened.Id, kind), kind, happened.Partition, happened.CustomerId, happened.Data,
                happened.CreatedAt);
    }
}
