using System.Text.Json;
using System.Text.Json.Serialization;
using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Api.Billing;

/// <summary>The JSON of a coupon, for the OpenAPI document; it is read and written by <see cref="BillingJson"/>.</summary>
/// <param name="Id">The coupon; not in a body.</param>
/// <param name="Name">As invoices name it.</param>
/// <param name="Percent">Above 0, at most 100; or an amount.</param>
/// <param name="Amount">Above 0, with its currency; or a percentage.</param>
/// <param name="Currency">Of the amount: invoices in another one do not use the coupon.</param>
/// <param name="Duration"><c>once</c>, <c>months</c> or <c>forever</c>.</param>
/// <param name="Months">How many invoices use it, with <c>months</c>.</param>
public sealed record CouponShape(
    string? Id, string Name, Amount? Percent, Amount? Amount, string? Currency, string Duration, int? Months);

/// <summary>A coupon with its id; the other members are those of <see cref="CouponShape"/>.</summary>
[JsonConverter(typeof(CouponAnswerConverter))]
public sealed record CouponAnswer(Coupon Coupon);

/// <summary>A coupon that a customer has.</summary>
/// <param name="Coupon">As it was when the customer got it.</param>
/// <param name="InvoicesLeft">How many invoices may still use it; null for all.</param>
public sealed record AppliedCouponAnswer(CouponAnswer Coupon, int? InvoicesLeft)
{
    internal static AppliedCouponAnswer Of(AppliedCoupon applied) => new(new CouponAnswer(applied.Coupon), applied.InvoicesLeft);
}

/// <summary>The JSON of <see cref="AppliedCouponAnswer"/>, for the OpenAPI document.</summary>
/// <param name="Coupon">As it was when the customer got it.</param>
/// <param name="InvoicesLeft">How many invoices may still use it; null for all.</param>
public sealed record AppliedCouponShape(CouponShape Coupon, int? InvoicesLeft);

internal sealed class CouponAnswerConverter : JsonConverter<CouponAnswer>
{
    public override CouponAnswer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Coupons are read by BillingJson, which names every fault.");

    public override void Write(Utf8JsonWriter writer, CouponAnswer value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, value.Coupon.Id.Value);
        BillingJson.WriteMembers(writer, value.Coupon);
        writer.WriteEndObject();
    }
}
