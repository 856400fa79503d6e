using FsCheck;
using FsCheck.Fluent;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Core.Tests.Invoicing;

public sealed class InvoiceLawTests
{
    private static readonly Gen<string> Currencies = Gen.Elements("USD", "JPY", "KWD");

    /// <summary>Plans with a charge of each model, prices of up to 9 decimals.</summary>
    private static readonly Gen<string> Plans =
        from price in Gen.Choose(0, 2_000_000_000)
        from per in Gen.Elements("1", "3", "7", "1000")
        from included in Gen.Choose(0, 300)
        from minimum in Gen.Elements("0", "100", "5000")
        from fee in Gen.Choose(0, 100_000)
        select PlanOf(Amount.FromNanos(price), per, included, minimum, Amount.FromNanos(fee * (Int128)10_000_000));

    private static readonly Gen<(string Meter, int Value)[]> Uses =
        (from meter in Gen.Elements("calls", "storage_gb", "minutes", "payments", "seats", "level", "tokens")
         from value in Gen.Choose(1, 400)
         select (meter, value)).ArrayOf();

    [Fact]
    public void Totals_are_the_sums_of_what_is_shown() => Check.Holds(Plans, Invoices, (plan, how) =>
    {
        var invoice = Bench(plan, how).Invoice();
        var lines = Sum(invoice.Lines.Select(line => line.Amount));
        var added = Sum(invoice.Taxes.Where(tax => !tax.Inclusive).Select(tax => tax.Amount));
        return invoice.Subtotal == lines && invoice.Total == lines + added && invoice.Tax == Sum(invoice.Taxes.Select(tax => tax.Amount))
            && invoice.Lines.All(line => Rounding.ToMinorUnit(line.Amount, invoice.Currency) == line.Amount);
    });

    [Fact]
    public void Same_inputs_give_the_same_bytes_which_read_back() => Check.Holds(Plans, Invoices, (plan, how) =>
    {
        var bytes = InvoiceFormat.Write(Bench(plan, how).Invoice());
        return bytes.AsSpan().SequenceEqual(InvoiceFormat.Write(Bench(plan, how).Invoice()))
            && InvoiceFormat.Write(InvoiceFormat.Read(bytes)).AsSpan().SequenceEqual(bytes);
    });

    [Fact]
    public void Usage_charged_in_time_or_late_costs_the_same() => Check.Holds(Plans, Invoices, (plan, how) =>
    {
        var whole = Bench(plan, how with { Coupons = false }).Invoice();
        var part = Bench(plan, how with { Coupons = false, InTime = how.Uses.Length / 2 });
        var inTime = part.Invoice().Subtotal;
        part.Close();
        var adjusted = Amount.Zero;
        for (var i = how.Uses.Length / 2; i < how.Uses.Length; i++)
        {
            Use(part, how.Uses[i], i);
            adjusted += Sum(part.NextInvoice(adjusted.ToString()).Lines
                .Where(line => line.Kind == LineKind.Adjustment).Select(line => line.Amount));
        }

        return inTime + adjusted == whole.Subtotal;
    });

    [Fact]
    public void Order_of_uses_does_not_matter_but_to_the_latest() => Check.Holds(Plans, Invoices, (plan, how) =>
    {
        var uses = how.Uses.Where(use => use.Meter != "level").ToArray();
        var anyOrder = how with { Uses = uses, InTime = uses.Length, Changes = false };
        var forward = Bench(plan, anyOrder).Invoice();
        var backward = Bench(plan, anyOrder with { Uses = [.. uses.Reverse()] }).Invoice();
        return forward == backward;
    });

    [Fact]
    public void Graduated_tiers_add_up_to_the_charge_before_rounding() => Check.Holds(
        Gen.Choose(1, 1_000_000), ThreePrices, (quantity, prices) =>
        {
            string Tiered(string tiers) => $$"""
                "charges":[{"meter":"minutes","in":"money","model":"graduated","tiers":[{{tiers}}]}]
                """;
            var used = Amount.FromNanos(quantity * (Int128)1_000_000);
            var invoice = new InvoiceBench(Tiered(
                $$"""
                {"up_to":"10","unit_price":"{{prices[0]}}"},{"up_to":"500","unit_price":"{{prices[1]}}"},{"unit_price":"{{prices[2]}}"}
                """)).Use("minutes", used.ToString()).Invoice();
            var exact = new ExactSum();
            foreach (var line in invoice.Lines)
                exact.Add(line.Quantity, line.UnitPrice);
            exact.TryRound(out var sum);
            var quantities = Sum(invoice.Lines.Select(line => line.Quantity));
            var off = invoice.Total - sum;
            return quantities == used && off <= Amount.Parse("0.015") && off >= Amount.Parse("-0.015");
        });

    [Fact]
    public void Discounts_never_make_a_total_negative() => Check.Holds(Plans, Invoices, (plan, how) =>
        !Bench(plan, how with { Coupons = true }).Invoice().Total.IsNegative);

    private static Gen<Amount[]> ThreePrices =>
        Gen.Choose(0, 2_000_000_000).Select(nanos => Amount.FromNanos(nanos)).ArrayOf(3);

    private static Gen<How> Invoices =>
        from currency in Currencies
        from uses in Uses
        from second in Gen.Choose(0, 31 * 86_400 - 1)
        from changes in Gen.Elements(true, false)
        from coupons in Gen.Elements(true, false)
        from inclusive in Gen.Elements(true, false)
        select new How(currency, uses, uses.Length, second, changes, coupons, inclusive);

    private static InvoiceBench Bench(string plan, How how)
    {
        var bench = new InvoiceBench(plan, how.Currency);
        if (how.Changes)
            bench.Change(plan, InvoiceBench.January.Start + TimeSpan.FromSeconds(how.Second));
        for (var i = 0; i < how.InTime; i++)
            Use(bench, how.Uses[i], i);
        var percent = new Coupon { Id = CouponId.Parse("p"), Name = "P", Percent = Amount.Parse("33.3") };
        var off = new Coupon { Id = CouponId.Parse("o"), Name = "O", AmountOff = Amount.FromWhole(70), Currency = bench.Currency };
        bench.Extra = bench.Extra with
        {
            Coupons = how.Coupons ? [AppliedCoupon.Of(percent), AppliedCoupon.Of(off)] : [],
            Buyer = new BillingProfile { Country = "CA" },
            TaxRates = [Tax("a", "5") with { Inclusive = how.Inclusive }, Tax("b", "9.975"), Tax("c", "1.1") with { Compound = true }],
        };
        return bench;
    }

    /// <summary>The time follows from the place in the list, whenever the use arrives.</summary>
    private static void Use(InvoiceBench bench, (string Meter, int Value) use, int place)
    {
        var time = (InvoiceBench.January.Start + TimeSpan.FromHours(place % 700)).ToString();
        if (use.Meter == "tokens")
            bench.TokensAt(time, use.Value % 3 == 0 ? "A" : "B", use.Value % 2 == 0 ? "m" : "n", use.Value.ToString());
        else
            bench.UseAt(time, use.Meter, use.Value.ToString());
    }

    private static TaxRate Tax(string id, string percent) =>
        new() { Id = TaxRateId.Parse(id), Name = id, Country = "CA", Percent = Amount.Parse(percent) };

    private static Amount Sum(IEnumerable<Amount> amounts) => amounts.Aggregate(Amount.Zero, (sum, amount) => sum + amount);

    private static string PlanOf(Amount price, string per, int included, string minimum, Amount fee) => $$"""
        "base_fee":"{{fee}}","minimum_commitment":"{{minimum}}","charges":[
        {"meter":"calls","in":"money","model":"package","unit_price":"{{price}}","package_size":"{{per}}","included":"{{included}}"},
        {"meter":"storage_gb","in":"money","model":"graduated","included":"{{included}}","per":"{{per}}",
         "tiers":[{"up_to":"50","unit_price":"{{price}}","flat_fee":"1.005"},{"unit_price":"0.0333"}]},
        {"meter":"minutes","in":"money","model":"per_unit","unit_price":"{{price}}","per":"{{per}}","included":"{{included}}",
         "minimum_commitment":"{{minimum}}"},
        {"meter":"payments","in":"money","model":"percentage","percent":"2.9","included":"{{included}}"},
        {"meter":"seats","in":"money","model":"volume","tiers":[{"up_to":"3","unit_price":"{{price}}"},{"unit_price":"0.5"}]},
        {"meter":"level","in":"money","model":"flat","amount":"{{price}}"},
        {"meter":"tokens","in":"money","model":"matrix","dimensions":["provider","model"],"included":"{{included}}","per":"{{per}}",
         "cells":[{"match":{"provider":"A","model":"m"},"unit_price":"{{price}}"},{"match":{"provider":"B"},"unit_price":"0.7"}],
         "otherwise":"0.01"}]
        """;

    private sealed record How(
        string Currency, (string Meter, int Value)[] Uses, int InTime, int Second, bool Changes, bool Coupons, bool Inclusive);
}
