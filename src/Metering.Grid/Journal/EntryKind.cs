namespace Metering.Grid.Journal;

/// <summary>What an entry of a group says. The numbers stand in the journal: never reuse one.</summary>
public enum EntryKind : byte
{
    /// <summary>The entries that follow are about this customer, at this time.</summary>
    Customer = 1,

    /// <summary>How the events that name it are to be read: properties and meters.</summary>
    Shape = 2,

    /// <summary>An event was counted.</summary>
    Event = 3,

    /// <summary>Something happened to the customer's wallet.</summary>
    Wallet = 4,

    /// <summary>The customer was opened in this partition.</summary>
    CustomerOpened = 5,

    /// <summary>A project was opened.</summary>
    ProjectOpened = 6,

    /// <summary>A billing period of a project began.</summary>
    PeriodOpened = 7,

    /// <summary>A billing period of a project was closed.</summary>
    PeriodClosed = 8,

    /// <summary>The period of a limit began.</summary>
    LimitOpened = 9,

    /// <summary>An alert was raised.</summary>
    AlertRaised = 10,

    /// <summary>The customer's status changed.</summary>
    StatusChanged = 11,

    /// <summary>A project's plan changed, now or for the next period.</summary>
    PlanChanged = 12,

    /// <summary>An invoice was issued: its canonical bytes.</summary>
    InvoiceIssued = 13,

    /// <summary>An issued invoice has another status.</summary>
    InvoiceStatusChanged = 14,

    /// <summary>A credit note was issued: its canonical bytes.</summary>
    CreditNoteIssued = 15,

    /// <summary>The customer got a coupon.</summary>
    CouponApplied = 16,

    /// <summary>A coupon was taken from the customer.</summary>
    CouponRemoved = 17,

    /// <summary>What a payment gateway knows of an invoice.</summary>
    InvoicePushed = 18,

    /// <summary>
    /// The burn of the customer's event before it, from one grant: read as <see cref="Wallet"/>, of which it is the short form.
    /// </summary>
    EventBurn = 19,

    /// <summary>
    /// The customer that was just opened has a billing anchor day; without this entry it is the first of the month.
    /// </summary>
    CustomerAnchored = 20,
}
