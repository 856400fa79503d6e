using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;

namespace Metering.Core.Tests.Catalog;

public sealed class MeterJsonTests
{
    private const string Full = """
        {"id":"m","event_type":"api.call","aggregation":"sum","value":"ms","dimensions":["endpoint","method"],
         "filter":{"region":["eu",7,true],"billable":{"not":["false"]},"status":{"min":"200","max":299}},"keep":["trace"],"unit":"ms"}
        """;

    [Fact]
    public void A_meter_is_read_with_all_its_members() => Assert.Equal(
        new Meter
        {
            Id = MeterId.Parse("m"),
            EventType = "api.call",
            Aggregation = Aggregation.Sum,
            Value = "ms",
            Dimensions = ["endpoint", "method"],
            Filter =
            [
                new MeterFilter { Property = "region", AnyOf = ["eu", "7", "true"] },
                new MeterFilter { Property = "billable", NoneOf = ["false"] },
                new MeterFilter { Property = "status", Min = Amount.FromWhole(200), Max = Amount.FromWhole(299) },
            ],
            Keep = ["trace"],
            Unit = "ms",
        },
        Read.Meter(Full));

    [Theory]
    [InlineData(Full)]
    [InlineData("""{"event_type":"t","aggregation":"count"}""")]
    [InlineData("""{"event_type":"t","aggregation":"unique","value":"user","filter":{"status":{"min":400}}}""")]
    public void What_is_written_reads_back_as_an_equal_meter(string json)
    {
        var meter = Read.Meter(json);
        Assert.True(CatalogJson.TryReadMeter(meter.Id, CatalogJson.ToBody(meter), out var again, out _));
        Assert.Equal(meter, again);
        Assert.Equal(meter.GetHashCode(), again.GetHashCode());
    }

    [Theory]
    [InlineData("""{}""", "event_type: Is required.\naggregation: Is required.")]
    [InlineData("""[]""", ": Must be an object.\nevent_type: Is required.\naggregation: Is required.")]
    [InlineData("""{"event_type":"","aggregation":"count"}""", "event_type: Must have 1 to 256 characters and no control characters.")]
    [InlineData("""{"event_type":"a\nb","aggregation":"count"}""", "event_type: Must have 1 to 256 characters and no control characters.")]
    [InlineData("""{"event_type":7,"aggregation":"count"}""", "event_type: Must be a string.")]
    [InlineData("""{"event_type":"t","aggregation":"median"}""", "aggregation: Must be one of sum, count, max, latest, unique, avg.")]
    [InlineData("""{"event_type":"t","aggregation":"count","value":"v"}""", "value: A count has no value.")]
    [InlineData("""{"event_type":"t","aggregation":"sum"}""", "value: Is required for every aggregation but count.")]
    [InlineData("""{"event_type":"t","aggregation":"count","colour":"red"}""", "colour: Is not known here.")]
    [InlineData("""{"id":"x","event_type":"t","aggregation":"count"}""", "id: Is not the id that the meter is put under.")]
    [InlineData("""{"event_type":"t","aggregation":"count","dimensions":["a","a"]}""", "dimensions[1]: 'a' is there twice.")]
    [InlineData("""{"event_type":"t","aggregation":"count","dimensions":[1]}""", "dimensions[0]: Must be the name of a property.")]
    [InlineData("""{"event_type":"t","aggregation":"count","keep":"a"}""", "keep: Must be an array.")]
    [InlineData("""{"event_type":"t","aggregation":"count","filter":{"a":[]}}""", "filter.a: Must name at least one value.")]
    [InlineData("""{"event_type":"t","aggregation":"count","filter":{"a":[null]}}""",
        "filter.a[0]: Must be a string, a number, true or false.\nfilter.a: Must name at least one value.")]
    [InlineData("""{"event_type":"t","aggregation":"count","filter":{"a":null}}""", "filter.a: Must be an array of values or an object.")]
    [InlineData("""{"event_type":"t","aggregation":"count","filter":{"a":"b"}}""",
        "filter.a: Must be an object.\nfilter.a: Must have either not, or min, max or both.")]
    [InlineData("""{"event_type":"t","aggregation":"count","filter":{"a":{"min":1,"not":["b"]}}}""",
        "filter.a: Must have either not, or min, max or both.\nfilter.a.not: Is not known here.")]
    [InlineData("""{"event_type":"t","aggregation":"count","filter":{"a":{"min":null}}}""", "filter.a: Must have a bound.")]
    [InlineData("""{"event_type":"t","aggregation":"count","filter":{"a":{"min":2,"max":1}}}""", "filter.a.max: Must not be below min.")]
    [InlineData("""{"event_type":"t","event_type":"u","aggregation":"count"}""", null)]
    [InlineData("""{"event_type":"t","aggregation":""", null)]
    public void Every_fault_of_a_meter_is_named(string json, string? faults)
    {
        var found = Read.MeterFaults(json);
        if (faults is null)
            Assert.StartsWith(": Not valid JSON: ", found);
        else
            Assert.Equal(faults, found);
    }

    [Theory]
    [InlineData("""{"event_type":"\ud800","aggregation":"count"}""")]
    [InlineData("""{"\ud800":"t","aggregation":"count"}""")]
    [InlineData("""{"event_type":"t","aggregation":"count","dimensions":["\udc00"]}""")]
    public void Half_a_character_is_a_fault(string json) => Assert.Equal(": Holds text that is not valid Unicode.", Read.MeterFaults(json));

    [Theory]
    [InlineData("""["eu","7"]""", "eu", true)]
    [InlineData("""["eu","7"]""", "7", true)]
    [InlineData("""["eu","7"]""", "us", false)]
    [InlineData("""["eu","7"]""", null, false)]
    [InlineData("""{"not":["false"]}""", "false", false)]
    [InlineData("""{"not":["false"]}""", "true", true)]
    [InlineData("""{"not":["false"]}""", null, true)]
    [InlineData("""{"min":"400"}""", "399", false)]
    [InlineData("""{"min":"400"}""", "399.999999999", false)]
    [InlineData("""{"min":"400"}""", "400", true)]
    [InlineData("""{"min":"400"}""", "4e2", true)]
    [InlineData("""{"min":"400"}""", "500", true)]
    [InlineData("""{"min":"400"}""", "many", false)]
    [InlineData("""{"min":"400"}""", null, false)]
    [InlineData("""{"min":"400","max":"499"}""", "500", false)]
    [InlineData("""{"max":"499"}""", "-1", true)]
    public void A_condition_judges_the_value_of_a_property(string condition, string? value, bool accepts)
    {
        var meter = Read.Meter("{\"event_type\":\"t\",\"aggregation\":\"count\",\"filter\":{\"a\":" + condition + "}}");
        var filter = new CompiledFilter(Assert.Single(meter.Filter));
        Assert.Equal("a", filter.Property);
        Assert.Equal(accepts, value is null ? filter.AcceptsMissing : filter.Accepts(System.Text.Encoding.UTF8.GetBytes(value)));
    }
}
