using Metering.Api.Problems;
using Metering.Core.Ids;
using Metering.Grid.Billing;

namespace Metering.Api.Billing;

/// <summary>What the refusals of <see cref="IBilling"/> are answered with.</summary>
internal static class BillingProblems
{
    public static Problem InvoiceNotFound(string id) => Problem.From(ProblemCodes.InvoiceNotFound, $"There is no invoice '{id}'.");

    public static Problem NotABillingPeriod(string project) => Problem.From(
        ProblemCodes.NotABillingPeriod, $"These dates are not one billing period of project '{project}'.");

    /// <summary>Null where there is an invoice or a draft.</summary>
    public static Problem? Of(InvoiceResult result, string project) => result.Code switch
    {
        InvoiceCode.NotABillingPeriod => NotABillingPeriod(project),
        InvoiceCode.NotPossible => Problem.From(ProblemCodes.InvoiceNotPossible, result.Fault),
        _ => null,
    };

    /// <summary>Null where the status is the wanted one now.</summary>
    public static Problem? Of(StatusResult result, InvoiceId invoice, string wanted) => result.Code switch
    {
        StatusCode.InvoiceNotFound => InvoiceNotFound(invoice.Value),
        StatusCode.IllegalMove => IllegalMove(wanted),
        _ => null,
    };

    public static Problem IllegalMove(string wanted) =>
        Problem.From(ProblemCodes.IllegalStatusMove, $"The invoice cannot become '{wanted}' from what it is now.");

    /// <summary>Null where there is a credit note.</summary>
    public static Problem? Of(CreditNoteResult result, InvoiceId invoice) => result.Code switch
    {
        CreditNoteCode.InvoiceNotFound => InvoiceNotFound(invoice.Value),
        CreditNoteCode.IdempotencyKeyReused => Problem.From(ProblemCodes.IdempotencyKeyReused),
        CreditNoteCode.InvoiceVoid => Problem.From(ProblemCodes.InvoiceVoid, $"Nothing is owed for invoice '{invoice}'."),
        CreditNoteCode.InvalidAmount => Problem.From(
            ProblemCodes.InvalidCreditAmount, "The amount is more than 0 and a whole number of the currency's minor units."),
        CreditNoteCode.ExceedsInvoice => Problem.From(
            ProblemCodes.ExceedsInvoice, $"Of the invoice's total {result.Left} are not credited yet."),
        CreditNoteCode.TooMany => Problem.From(ProblemCodes.TooMany, "The invoice has as many credit notes as it can have."),
        _ => null,
    };

    /// <summary>Null where it is done.</summary>
    public static Problem? Of(CouponCode code, string coupon) => code switch
    {
        CouponCode.CouponNotFound => CouponNotFound(coupon),
        CouponCode.AlreadyApplied => Problem.From(
            ProblemCodes.CouponApplied, $"The customer has coupon '{coupon}'; take it away first to give it again."),
        CouponCode.TooMany => Problem.From(ProblemCodes.TooMany, "The customer has as many coupons as it can have."),
        _ => null,
    };

    public static Problem CouponNotFound(string coupon) =>
        Problem.From(ProblemCodes.CouponNotFound, $"There is no coupon '{coupon}'.");
}
