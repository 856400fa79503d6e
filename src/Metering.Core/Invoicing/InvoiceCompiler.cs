namespace Metering.Core.Invoicing;

/// <summary>Makes invoices. Pure: the same inputs give the same invoice, to the byte.</summary>
public static class InvoiceCompiler
{
    /// <exception cref="ArgumentException">No segment, or one priced in another currency than the invoice's.</exception>
    /// <exception cref="OverflowException">A line or a sum has more than 18 digits before the point.</exception>
    public static Invoice Compile(InvoiceInputs inputs) => throw new NotImplementedException();
}
