using System.Globalization;
using Metering.Core.Time;
using Metering.Server.Client;
using Metering.Server.Demo;

namespace Metering.Api.Tests.Server;

public sealed class DemoTrafficTests
{
    private static readonly Instant end = Instant.FromUnixMicroseconds(1_760_000_000_000_000);
    private static readonly IReadOnlyList<UsageEvent> day = new DemoTraffic(7, 20_000).Day(end);

    [Fact]
    public void The_same_seed_is_the_same_day()
    {
        IReadOnlyList<UsageEvent> again = new DemoTraffic(7, 20_000).Day(end);
        Assert.Equal(day.Select(Describe), again.Select(Describe));
        Assert.NotEqual(day.Select(Describe), new DemoTraffic(8, 20_000).Day(end).Select(Describe));
    }

    [Fact]
    public void Ids_do_not_depend_on_when_the_day_ends()
    {
        IReadOnlyList<UsageEvent> later = new DemoTraffic(7, 20_000).Day(end + TimeSpan.FromHours(24));
        Assert.Equal(Ids(day), Ids(later));
    }

    [Fact]
    public void The_day_has_about_the_events_asked_for_within_its_24_hours_in_the_order_of_sending()
    {
        Assert.InRange(day.Count, 19_000, 21_500);
        Assert.All(day, item => Assert.InRange((end - item.Time).TotalHours, 0, 24));
    }

    [Fact]
    public void Some_events_come_twice_and_some_of_those_with_another_body()
    {
        UsageEvent[][] twice = [.. day.GroupBy(item => item.Id).Where(group => group.Count() > 1).Select(group => group.ToArray())];
        int differing = twice.Count(pair => !pair[0].Data.SequenceEqual(pair[1].Data));
        Assert.InRange(twice.Length, 200, 420);
        Assert.InRange(differing, 10, twice.Length / 2);
    }

    [Fact]
    public void Token_counts_have_a_long_tail_and_minutes_have_bursts()
    {
        long[] tokens = [.. day.Where(item => item.Type == "TOKEN_USAGE" && item.Subject == "acme-support").Select(Input).Order()];
        Assert.True(tokens[tokens.Length * 99 / 100] > 8 * tokens[tokens.Length / 2]);
        IEnumerable<UsageEvent> busiest = day.Where(item => item.Subject == "acme-support");
        int[] minutes = [.. busiest.GroupBy(item => (int)(end - item.Time).TotalMinutes).Select(group => group.Count())];
        Assert.True(minutes.Max() > 4 * minutes.Average());
    }

    private static long Input(UsageEvent item) =>
        long.Parse(item.Data.Single(property => property.Name == "input_tokens").Value, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Ids(IEnumerable<UsageEvent> events) => events.Select(item => item.Id).Order(StringComparer.Ordinal);

    private static string Describe(UsageEvent item) =>
        $"{item.Id} {item.Time} {string.Join(' ', item.Data.Select(property => $"{property.Name}={property.Value}"))}";
}
