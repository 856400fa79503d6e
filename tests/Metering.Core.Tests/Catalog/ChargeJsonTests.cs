namespace Metering.Core.Tests.Catalog;

public sealed class ChargeJsonTests
{
    private const string Matrix = """ "meter":"tokens","in":"credits","model":"matrix", """;

    [Theory]
    [InlineData(""" "unit_price":"1" """, "charges[0].meter: Is required.\ncharges[0].in: Is required.\ncharges[0].model: Is required.")]
    [InlineData(""" "meter":"none","in":"euros","model":"tiered" """,
        "charges[0].meter: There is no meter 'none'.\ncharges[0].in: Must be one of money, credits.\n"
        + "charges[0].model: Must be one of flat, per_unit, graduated, volume, package, percentage, matrix.")]
    [InlineData(""" "meter":"mean","in":"money","model":"per_unit","unit_price":1 """,
        "charges[0].meter: An average is for reports and cannot be charged.")]
    [InlineData(""" "meter":"peak","in":"credits","model":"per_unit","unit_price":1 """,
        "charges[0].meter: A charge in credits must be on a sum or a count.")]
    [InlineData(""" "meter":"calls","in":"credits","model":"volume","tiers":[{"unit_price":1}] """,
        "charges[0].model: A charge in credits must be per_unit, graduated, package or matrix.")]
    [InlineData(""" "meter":"calls","in":"credits","model":"flat","amount":1 """,
        "charges[0].model: A charge in credits must be per_unit, graduated, package or matrix.")]
    [InlineData(""" "meter":"calls","in":"credits","model":"percentage","percent":1 """,
        "charges[0].model: A charge in credits must be per_unit, graduated, package or matrix.")]
    [InlineData(""" "meter":"calls","in":"credits","model":"per_unit","unit_price":1,"minimum_commitment":5 """,
        "charges[0].minimum_commitment: Is not known here.")]
    public void Meter_unit_and_model_must_go_together(string members, string faults) => Assert.Equal(faults, Read.ChargeFaults(members));

    [Theory]
    [InlineData("flat", "", "charges[0].amount: Is required.")]
    [InlineData("flat", "\"amount\":1,\"included\":5", "charges[0].included: Is not known here.")]
    [InlineData("per_unit", "", "charges[0].unit_price: Is required.")]
    [InlineData("per_unit", "\"unit_price\":-0.1", "charges[0].unit_price: Must not be negative.")]
    [InlineData("per_unit", "\"unit_price\":1,\"per\":0", "charges[0].per: Must be above zero.")]
    [InlineData("per_unit", "\"unit_price\":1,\"tiers\":[]", "charges[0].tiers: Is not known here.")]
    [InlineData("package", "\"unit_price\":1", "charges[0].package_size: Is required.")]
    [InlineData("package", "\"unit_price\":1,\"package_size\":0", "charges[0].package_size: Must be above zero.")]
    [InlineData("package", "\"unit_price\":1,\"package_size\":5,\"per\":5", "charges[0].per: Is not known here.")]
    [InlineData("percentage", "\"percent\":100.1", "charges[0].percent: Must be from 0 to 100.")]
    [InlineData("graduated", "", "charges[0].tiers: Must have at least one tier.")]
    [InlineData("graduated", "\"tiers\":[{\"up_to\":5,\"unit_price\":1}]", "charges[0].tiers[0].up_to: The last tier must be open: null.")]
    [InlineData("graduated", "\"tiers\":[{\"unit_price\":1},{\"unit_price\":1}]", "charges[0].tiers[0].up_to: Only the last tier is open.")]
    [InlineData("graduated", "\"tiers\":[{\"up_to\":0,\"unit_price\":1},{\"unit_price\":1}]",
        "charges[0].tiers[0].up_to: Must be above the tier before, and above zero.")]
    [InlineData("volume", "\"tiers\":[{\"up_to\":5,\"unit_price\":1},{\"up_to\":5,\"unit_price\":1},{\"up_to\":null,\"unit_price\":1}]",
        "charges[0].tiers[1].up_to: Must be above the tier before, and above zero.")]
    [InlineData("volume", "\"tiers\":[{\"price\":1}]",
        "charges[0].tiers[0].unit_price: Is required.\ncharges[0].tiers[0].price: Is not known here.")]
    public void Each_model_takes_its_own_members(string model, string members, string faults)
    {
        var charge = $"\"meter\":\"tokens\",\"in\":\"money\",\"model\":\"{model}\"";
        Assert.Equal(faults, Read.ChargeFaults(members.Length == 0 ? charge : $"{charge},{members}"));
    }

    [Theory]
    [InlineData("\"cells\":[{\"match\":{},\"unit_price\":1}]", "charges[0].dimensions: A matrix must name at least one dimension.")]
    [InlineData("\"dimensions\":[\"region\"],\"cells\":[{\"match\":{\"region\":\"eu\"},\"unit_price\":1}]",
        "charges[0].dimensions: Meter 'tokens' has no dimension 'region'.")]
    [InlineData("\"dimensions\":[\"model\"]", "charges[0].cells: A matrix must have at least one cell.")]
    [InlineData("\"dimensions\":[\"model\"],\"cells\":[{\"unit_price\":1}]",
        "charges[0].cells[0].match: Is required.\n"
        + "charges[0].cells[0].match: Must name at least one dimension; what matches nothing else goes into otherwise.")]
    [InlineData("\"dimensions\":[\"model\"],\"cells\":[{\"match\":{\"model\":\"a\",\"provider\":\"b\"},\"unit_price\":1}]",
        "charges[0].cells[0].match.provider: Is not known here.")]
    [InlineData(
        "\"dimensions\":[\"model\"],\"cells\":[{\"match\":{\"model\":\"a\"},\"unit_price\":1},"
        + "{\"match\":{\"model\":\"a\"},\"unit_price\":2}]",
        "charges[0].cells[1].match: Another cell before has the same match.")]
    [InlineData("\"dimensions\":[\"model\"],\"cells\":[{\"match\":{\"model\":\"a\"}}]", "charges[0].cells[0].unit_price: Is required.")]
    public void A_matrix_names_dimensions_of_its_meter_and_each_match_once(string members, string faults) =>
        Assert.Equal(faults, Read.ChargeFaults(Matrix + members));

    [Fact]
    public void A_matrix_needs_a_sum_or_a_count() => Assert.Equal(
        "charges[0].model: A matrix prices parts of a whole, which only a sum and a count have.",
        Read.ChargeFaults(
            """ "meter":"peak","in":"money","model":"matrix","dimensions":["model"],"cells":[{"match":{"model":"a"},"unit_price":1}] """));
}
