using System.Reflection;
using Metering.Api.Problems;
using Metering.Core.Usage;

namespace Metering.Api.Tests.Problems;

public sealed class ProblemCodesTests
{
    [Fact]
    public void Every_code_is_in_the_table_once()
    {
        string[] codes = [.. typeof(ProblemCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!)];
        Assert.Equal(codes.Order(StringComparer.Ordinal), ProblemCodes.All.Select(kind => kind.Code).Order(StringComparer.Ordinal));
        Assert.All(codes, code => Assert.Equal(code, ProblemCodes.Find(code).Code));
    }

    [Fact]
    public void Every_refusal_of_an_event_has_a_code_and_no_success_has()
    {
        foreach (EventCode code in Enum.GetValues<EventCode>())
        {
            if (code is EventCode.Accepted or EventCode.Duplicate)
                Assert.Throws<ArgumentOutOfRangeException>(() => ProblemCodes.Of(code));
            else
                Assert.InRange(ProblemCodes.Find(ProblemCodes.Of(code)).Status, 400, 599);
        }
    }

    [Fact]
    public void Code_that_is_not_in_the_table_is_a_bug() => Assert.Throws<ArgumentException>(() => Problem.From("no_such_code"));
}
