using System.Data.Common;
using Metering.Api.Problems;

namespace Metering.Api.Tests.Problems;

public sealed class DatabaseAwayTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData("08006", true)]
    [InlineData("40001", true)]
    [InlineData("53100", true)]
    [InlineData("55P03", true)]
    [InlineData("57P01", true)]
    [InlineData("57014", true)]
    [InlineData("58030", true)]
    [InlineData("22003", false)]
    [InlineData("23505", false)]
    [InlineData("42P01", false)]
    [InlineData("XX000", false)]
    [InlineData("", false)]
    public void Broken_connection_and_a_troubled_server_are_away_and_a_wrong_statement_is_not(string? state, bool isAway) =>
        Assert.Equal(isAway, DatabaseAway.Is(new Fault(state)));

    [Fact]
    public void What_the_driver_calls_transient_is_away() => Assert.True(DatabaseAway.Is(new Fault("XX000", true)));

    private sealed class Fault(string? state, bool isTransient = false) : DbException("A fault.")
    {
        public override string? SqlState { get; } = state;

        public override bool IsTransient { get; } = isTransient;
    }
}
