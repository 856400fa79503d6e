namespace Metering.Core.Catalog;

/// <summary>One thing that is wrong with a meter or a plan.</summary>
/// <param name="Code"><c>invalid_meter</c> or <c>invalid_plan</c>.</param>
/// <param name="Field">Where: <c>charges[2].tiers[0].up_to</c>; empty for the whole.</param>
/// <param name="Message">What is wrong, as a sentence.</param>
public sealed record CatalogFault(string Code, string Field, string Message)
{
    public const string InvalidMeter = "invalid_meter";
    public const string InvalidPlan = "invalid_plan";
}
