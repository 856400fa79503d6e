using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;

namespace Metering.Grid.Tests.Partitions;

public sealed class LimitTests
{
    [Fact]
    public void Free_plan_at_850_of_1000_minutes_raises_one_warning()
    {
        var partition = new PartitionHarness();
        partition.AddCustomer("c1", "media-free");
        partition.Send(Minutes("e1", 400), Minutes("e2", 399));
        Assert.Empty(Alerts(partition));

        partition.Send(Minutes("e3", 51));
        partition.Send(Minutes("e4", 0));

        Assert.Equal(["alert c1 participant_minutes Month 2025-01-01T00:00:00Z 80% 850 of 1000"], Alerts(partition));
        LimitAlert alert = Assert.Single(partition.Check("c1").Alerts);
        Assert.Equal(("warning", 85.0m, "Participant minutes at 85.0% of limit"), (alert.Severity, alert.Percentage, alert.Message));
    }

    [Fact]
    public void Every_threshold_is_raised_once_a_period_and_again_in_the_next()
    {
        var partition = new PartitionHarness();
        partition.AddCustomer("c1", "media-free");
        EventResult[] results = partition.Send(Minutes("e1", 960), Minutes("e2", 41), Minutes("e3", 40));
        Assert.Equal([EventCode.Accepted, EventCode.LimitExceeded, EventCode.Accepted], results.Select(result => result.Code));
        Assert.Equal(["80%", "95%", "100%"], Alerts(partition).Select(line => line.Split(' ')[5]));

        partition.Now = PartitionHarness.At("2025-02-01T00:00:00Z");
        Assert.Equal(EventCode.Accepted, partition.Send(Minutes("e4", 800)).Code);
        Assert.Equal(4, Alerts(partition).Count);
    }

    [Fact]
    public void Included_usage_of_a_soft_limit_is_taken_beyond_it()
    {
        var partition = new PartitionHarness();
        partition.AddCustomer("c1", "api-pro");
        var call = new Ev("api.call", "c1", "") { Data = new Dictionary<string, object> { ["endpoint"] = "/a", ["method"] = "GET" } };

        for (int batch = 0; batch < 21; batch++)
        {
            EventResult[] results = partition.Send(
                [.. Enumerable.Range(0, 5_000).Select(number => call with { Id = $"{batch}-{number}" })]);
            Assert.All(results, result => Assert.Equal(EventCode.Accepted, result.Code));
        }

        LimitView limit = Assert.Single(partition.View("c1").Limits);
        Assert.Equal((Amount.FromWhole(105_000), Amount.FromWhole(100_000), false), (limit.Used, limit.Max!.Value, limit.Hard));
        Assert.Equal(["80%", "95%", "100%"], Alerts(partition).Select(line => line.Split(' ')[5]));
    }

    [Fact]
    public void Hours_days_and_months_are_those_of_the_customers_zone()
    {
        // Kolkata is at +05:30: 16:40 UTC is 22:10.
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-limits", "Asia/Kolkata");
        partition.Now = PartitionHarness.At("2025-01-17T16:40:00Z");
        int number = 0;
        EventCode Send(decimal quantity) => partition.Send(TestPlans.Units("c1", $"e{++number}", quantity)).Code;

        Assert.Equal(EventCode.Accepted, Send(10));
        Assert.Equal(EventCode.LimitExceeded, Send(0.000000001m));
        partition.Now = PartitionHarness.At("2025-01-17T17:30:00Z");
        Assert.Equal(EventCode.Accepted, Send(5));
        Assert.Equal(EventCode.LimitExceeded, Send(1));
        partition.Now = PartitionHarness.At("2025-01-17T18:30:00Z");
        Assert.Equal(EventCode.Accepted, Send(5));
        partition.Now = PartitionHarness.At("2025-01-31T18:29:59Z");
        Assert.Equal(EventCode.LimitExceeded, Send(1));
        partition.Now = PartitionHarness.At("2025-01-31T18:30:00Z");
        Assert.Equal(EventCode.Accepted, Send(10));
        partition.AssertSameViews(partition.Recover());
    }

    [Fact]
    public void Limits_count_by_arrival_not_by_the_time_of_the_event()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-limits");
        Ev earlier = TestPlans.Units("c1", "e1", 10) with { Time = partition.Now - TimeSpan.FromHours(5) };

        Assert.Equal(EventCode.Accepted, partition.Send(earlier).Code);
        Assert.Equal(EventCode.LimitExceeded, partition.Send(TestPlans.Units("c1", "e2", 1)).Code);
    }

    [Fact]
    public void Level_follows_the_newest_time_and_the_later_of_two_at_the_same_time()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-limits");
        Ev At(string id, decimal level, int minutes) =>
            Ev.Quantity("test.level", "c1", id, level) with { Time = partition.Now - TimeSpan.FromMinutes(minutes) };

        partition.Send(At("e1", 5, 10), At("e2", 7, 10), At("e3", 3, 20));

        Assert.Equal("7", partition.View("c1").Usage.Single().Quantity.ToString());
        Assert.Equal("7", partition.View("c1").Limits.Single(limit => limit.Meter == "t_level").Used.ToString());
    }

    [Fact]
    public void Hard_limit_on_distinct_values_lets_known_ones_through()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-limits");

        EventResult[] results = partition.Send(
            [.. new[] { "a", "b", "a", "c", "d", "b" }.Select((user, index) => TestPlans.Seat("c1", $"e{index}", user))]);

        Assert.Equal(4, results.ToList().FindIndex(result => result.Code == EventCode.LimitExceeded));
        Assert.Equal(5, results.Count(result => result.Code == EventCode.Accepted));
    }

    [Fact]
    public void Soft_and_hard_limit_of_one_meter_alert_each_for_itself()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-twice");
        partition.Send(TestPlans.Units("c1", "e1", 60), TestPlans.Units("c1", "e2", 25));

        Assert.Equal(["80% 60 of 50", "100% 60 of 50", "80% 85 of 100"], Alerts(partition).Select(line => line[(line.IndexOf('Z') + 2)..]));
        partition.AssertSameViews(partition.Recover());
    }

    [Fact]
    public void Another_plan_finds_what_was_used_and_alerts_for_its_own_limits()
    {
        var partition = new PartitionHarness();
        partition.AddCustomer("c1", "media-enterprise");
        partition.Send(Minutes("e1", 990));
        Assert.Equal("990", partition.View("c1").Limits.Single(limit => limit.Meter == "participant_minutes").Used.ToString());

        partition.ChangePlan("c1", "media-free", 1, PlanChangeTime.Now);

        Assert.Equal(EventCode.LimitExceeded, partition.Send(Minutes("e2", 11)).Code);
        Assert.Equal(EventCode.Accepted, partition.Send(Minutes("e3", 10)).Code);
        partition.ChangePlan("c1", "media-pro", 1, PlanChangeTime.Now);
        partition.Send(Minutes("e4", 79_000));
        Assert.Equal(
            ["80% 1000 of 1000", "95% 1000 of 1000", "100% 1000 of 1000", "80% 80000 of 100000"],
            Alerts(partition).Select(line => line[(line.IndexOf('Z') + 2)..]));
    }

    [Fact]
    public void Check_says_what_would_happen_and_consumes_nothing()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-prepaid");
        partition.Grant("c1", "5");
        int groups = partition.Groups.Count;

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal((EventCode.Accepted, Amount.FromWhole(5)), Answer(TestPlans.Units("c1", "e1", 5)));
            Assert.Equal((EventCode.InsufficientCredits, Amount.FromWhole(6)), Answer(TestPlans.Units("c1", "e1", 6)));
            Assert.Equal(EventCode.LimitExceeded, Answer(TestPlans.Units("c1", "e1", 1001)).Code);
            Assert.Equal(EventCode.UnknownMeter, Answer(new Ev("unheard.of", "c1", "e1")).Code);
        }

        Assert.Equal(groups, partition.Groups.Count);
        Assert.Equal("5", partition.Wallet("c1").Available.ToString());
        Assert.Empty(partition.View("c1").Usage);

        (EventCode Code, Amount Credits) Answer(Ev single)
        {
            CheckAnswer answer = partition.Check("c1", single);
            return (answer.Code, answer.Credits);
        }
    }

    [Fact]
    public void Combinations_past_the_bound_fold_and_are_counted_and_paid()
    {
        var partition = new PartitionHarness(TestPlans.Catalog, new() { CombinationsMax = 2 });
        partition.AddCustomer("c1", "t-prepaid");
        partition.Grant("c1", "100");

        partition.Send(
            TestPlans.Units("c1", "e1", 1, "eu"), TestPlans.Units("c1", "e2", 2, "us"), TestPlans.Units("c1", "e3", 3, "ap"),
            TestPlans.Units("c1", "e4", 4), TestPlans.Units("c1", "e5", 5, "eu"));

        Assert.Equal(
            ["eu=6", "us=2", "(other)=7"],
            partition.View("c1").Usage.Select(usage => $"{usage.Dimensions.Single().Value}={usage.Quantity}"));
        Assert.Equal("85", partition.Wallet("c1").Available.ToString());
        partition.AssertSameViews(partition.Recover());
    }

    [Fact]
    public void Value_that_a_price_needs_never_folds()
    {
        var partition = new PartitionHarness(TestPlans.Catalog, new() { CombinationsMax = 0 });
        partition.AddCustomer("c1", "t-money");
        partition.Send(new Ev("test.region", "c1", "e1")
        {
            Data = new Dictionary<string, object> { ["quantity"] = 5m, ["region"] = "eu" },
        });

        Assert.Equal("eu", partition.View("c1").Usage.Single().Dimensions.Single().Value);
    }

    [Fact]
    public void Values_that_share_what_a_matrix_charges_otherwise_fold_past_the_bound()
    {
        var partition = new PartitionHarness(TestPlans.Catalog, new() { CombinationsMax = 1, PricedCombinationsMax = 2 });
        partition.AddCustomer("c1", "t-otherwise");
        string[] regions = ["eu", "us", "jp", "br", "za"];
        for (int i = 0; i < regions.Length; i++)
            Assert.Equal(EventCode.Accepted, partition.Send(InRegion($"e{i}", regions[i])).Code);

        Assert.Equal(
            ["eu=5", "(other)=20"],
            partition.View("c1").Usage.Select(usage => $"{usage.Dimensions.Single().Value}={usage.Quantity}"));
        Assert.Equal("25", partition.View("c1").Totals.Single().Quantity.ToString());
        Assert.Equal(EventCode.TooManyValues, partition.Send(InRegion("late", "cn")).Code);
        partition.AssertSameViews(partition.Recover());
    }

    [Fact]
    public void Sum_of_a_period_stays_within_the_range_with_what_comes_late()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-money");
        Ev large = InRegion("e1", "eu", 600_000_000_000_000_000m) with { Time = PartitionHarness.Start };
        Assert.Equal(EventCode.Accepted, partition.Send(large).Code);
        partition.Now = PartitionHarness.At("2025-02-02T00:00:00Z");

        Assert.Equal(EventCode.OutOfRange, partition.Send(large with { Id = "e2" }).Code);
        Assert.Equal(EventCode.Accepted, partition.Send(large with { Id = "e3", Time = partition.Now }).Code);
    }

    [Fact]
    public void Counter_of_a_limit_that_the_plan_no_longer_has_stays_at_the_end_of_the_range()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-twice");
        partition.Send(TestPlans.Units("c1", "e0", 0));
        partition.Now = PartitionHarness.At("2025-02-02T00:00:00Z");
        partition.Send(TestPlans.Units("c1", "e1", 1));
        partition.ChangePlan("c1", "t-money", 1, PlanChangeTime.Now);
        Ev large = TestPlans.Units("c1", "e2", 600_000_000_000_000_000m);

        // Of two billing periods, each within the range; of one month of the counter, past it.
        Assert.Equal(EventCode.Accepted, partition.Send(large with { Time = PartitionHarness.Start }).Code);
        Assert.Equal(EventCode.Accepted, partition.Send(large with { Id = "e3", Time = partition.Now }).Code);

        partition.AssertSameViews(partition.Recover());
        partition.ChangePlan("c1", "t-twice", 1, PlanChangeTime.Now);
        Assert.Equal(EventCode.OutOfRange, partition.Send(TestPlans.Units("c1", "e4", 1)).Code);
    }

    [Fact]
    public void Plan_that_the_catalogue_does_not_know_yet_is_unavailable_and_harms_nobody()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-money");
        partition.Catalog = ShippedCatalog.Default;

        Assert.Equal(EventCode.Unavailable, partition.Send(Ev.Tokens("c1", "e1", 1, 1)).Code);

        partition.Catalog = TestPlans.Catalog;
        Assert.Equal(EventCode.Accepted, partition.Send(InRegion("e1", "eu")).Code);
    }

    [Fact]
    public void Number_sent_as_text_counts_the_same_after_a_replay()
    {
        var partition = new PartitionHarness();
        partition.AddCustomer("c1", "media-pro");
        Ev sent = Minutes("e1", 0) with { Data = new Dictionary<string, object> { ["quantity"] = "45250.50" } };

        partition.Send(sent);

        Assert.Equal("45250.5", partition.View("c1").Usage.Single().Quantity.ToString());
        partition.AssertSameViews(partition.Recover());
    }

    private static Ev InRegion(string id, string region, decimal quantity = 5) => new("test.region", "c1", id)
    {
        Data = new Dictionary<string, object> { ["quantity"] = quantity, ["region"] = region },
    };

    private static Ev Minutes(string id, decimal quantity) => Ev.Quantity("usage.participant_minutes", "c1", id, quantity);

    private static List<string> Alerts(PartitionHarness partition) =>
        [.. partition.Journal()
            .Select(line => line[(line.IndexOf('+') + 3)..])
            .Where(line => line.StartsWith("alert", StringComparison.Ordinal))];
}
