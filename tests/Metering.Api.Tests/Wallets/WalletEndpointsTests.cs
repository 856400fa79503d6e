using Metering.Api.Tests.Support;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.History;

namespace Metering.Api.Tests.Wallets;

public sealed class WalletEndpointsTests
{
    [Fact]
    public async Task Granted_credits_are_available_exactly()
    {
        await using TestGrid grid = await FundedAsync("15.000000001");
        Reply wallet = (await grid.Operator.GetJsonAsync("/v1/wallets/c1")).Expect(200);
        Assert.Contains("\"available\":\"15.000000001\"", wallet.Text, StringComparison.Ordinal);
        Assert.Equal("paid", wallet.Json.GetProperty("grants")[0].GetProperty("kind").GetString());
        Assert.Equal(50, wallet.Json.GetProperty("grants")[0].GetProperty("priority").GetInt32());
    }

    [Fact]
    public async Task Amounts_are_taken_as_numbers_too()
    {
        await using TestGrid grid = await FundedAsync("1");
        Reply grant = (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", """{"amount":0.5,"kind":"promotional","priority":1}"""))
            .Expect(201);
        Assert.Equal("1.5", grant.Json.GetProperty("balance").GetProperty("available").GetString());
    }

    [Fact]
    public async Task Every_fault_of_a_grant_is_named_at_once()
    {
        await using TestGrid grid = await FundedAsync("1");
        Reply reply = await grid.Operator.PostJsonAsync(
            "/v1/wallets/c1/grants", """{"amount":"0.0000000001","kind":"gift","priority":-1,"expires_at":"tomorrow","note":1}""");
        Assert.Equal(["amount", "kind", "priority", "expires_at", "note"], reply.ExpectProblem(400, "invalid_request").Fields);
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", """{"amount":"-5","kind":"paid"}"""))
            .ExpectProblem(400, "invalid_request");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", """{"amount":1e400,"kind":"paid"}"""))
            .ExpectProblem(400, "invalid_request");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", "")).ExpectProblem(400, "invalid_request");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", """{"amount":"1","kind":"paid","expires_at":"2020-01-01T00:00:00Z"}"""))
            .ExpectProblem(422, "already_expired");
        (await grid.Operator.PostJsonAsync("/v1/wallets/nobody/grants", """{"amount":"1","kind":"paid"}"""))
            .ExpectProblem(404, "customer_not_found");
    }

    [Fact]
    public async Task A_hold_is_raised_captured_in_parts_and_released()
    {
        await using TestGrid grid = await FundedAsync("100");
        Reply hold = (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds", """{"amount":"40","ttl_seconds":60,"id":"h"}"""))
            .Expect(201);
        Assert.Equal("/v1/wallets/c1/holds/h", hold.Headers.Location!.ToString());
        Assert.Equal(("pending", "40", "2025-01-17T12:01:00Z"), (hold["state"], hold["remaining"], hold["expires_at"]));
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds", """{"amount":"1","ttl_seconds":60,"id":"h"}"""))
            .ExpectProblem(409, "hold_exists");
        Assert.Equal("50", (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/raise", """{"by":"10"}""")).Expect(200)["amount"]);
        Assert.Equal("35", (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/capture", """{"amount":"15"}"""))
            .Expect(200)["remaining"]);
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/capture", """{"amount":"36"}""")).ExpectProblem(422, "exceeds_hold");
        Reply released = (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/release", "")).Expect(200);
        Assert.Equal(("released", "85"), (released["state"], released.Json.GetProperty("balance").GetProperty("available").GetString()));
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/raise", """{"by":"1"}""")).ExpectProblem(409, "hold_closed");
        Assert.Equal("15", (await grid.Operator.GetJsonAsync("/v1/wallets/c1/holds/h")).Expect(200)["captured"]);
        (await grid.Operator.GetJsonAsync("/v1/wallets/c1/holds/none")).ExpectProblem(404, "hold_not_found");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds", """{"amount":"86","ttl_seconds":60}"""))
            .ExpectProblem(402, "insufficient_credits");
    }

    [Fact]
    public async Task Of_twenty_holds_of_75_at_once_on_500_credits_six_are_granted()
    {
        await using TestGrid grid = await FundedAsync("500");
        Reply[] replies = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(
                _ => grid.Operator.PostJsonAsync("/v1/wallets/c1/holds", """{"amount":"75","ttl_seconds":60}""")));
        Assert.Equal(6, replies.Count(reply => reply.Status == 201));
        Assert.Equal(14, replies.Count(reply => reply.Status == 402));
    }

    [Fact]
    public async Task A_capture_carries_either_an_amount_or_an_event_of_the_customer()
    {
        await using TestGrid grid = await FundedAsync("100");
        await grid.AddCustomerAsync("c2", "llm-prepaid");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds", """{"amount":"40","ttl_seconds":60,"id":"h"}""")).Expect(201);
        Reply captured = (await grid.Operator.PostJsonAsync(
            "/v1/wallets/c1/holds/h/capture", $$"""{"event":{{EventOf("c1")}},"close":true}""")).Expect(200);
        Assert.Equal(("captured", "accepted", "1"), (
            captured["state"], captured.Json.GetProperty("event").GetProperty("status").GetString(),
            captured.Json.GetProperty("event").GetProperty("credits").GetString()));
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/capture", $$"""{"event":{{EventOf("c2")}}}"""))
            .ExpectProblem(403, "forbidden");
        Assert.Equal(["amount"], (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/capture", "{}"))
            .ExpectProblem(400, "invalid_request").Fields);
        Assert.Equal(
            ["amount"],
            (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/capture", $$"""{"amount":"1","event":{{EventOf("c1")}}}"""))
                .ExpectProblem(400, "invalid_request").Fields);
        Assert.Equal(
            ["event.source", "event.subject"],
            (await grid.Operator.PostJsonAsync(
                "/v1/wallets/c1/holds/h/capture",
                """{"event":{"specversion":"1.0","id":"1","type":"TOKEN_USAGE","data":{"input_tokens":1,"output_tokens":1}}}"""))
                .ExpectProblem(400, "invalid_event").Fields);
    }

    [Fact]
    public async Task A_capture_for_a_subject_that_nobody_has_reaches_no_wallet()
    {
        await using TestGrid grid = await FundedAsync("100");
        using HttpClient own = await grid.Host.CustomerAsync("c1", KeyScopes.Wallet);
        (await own.PostJsonAsync("/v1/wallets/c1/holds", """{"amount":"40","ttl_seconds":60,"id":"h"}""")).Expect(201);
        string capture = $$"""{"event":{{EventOf("nobody")}}}""";
        (await own.PostJsonAsync("/v1/wallets/c1/holds/h/capture", capture)).ExpectProblem(403, "forbidden");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/capture", capture)).ExpectProblem(404, "customer_not_found");
        Assert.Equal("40", (await own.GetJsonAsync("/v1/wallets/c1/holds/h")).Expect(200)["remaining"]);
    }

    [Theory]
    [InlineData(WalletCode.EventRefused, EventCode.CustomerNotFound, 404, "customer_not_found")]
    [InlineData(WalletCode.InsufficientCredits, EventCode.Accepted, 402, "insufficient_credits")]
    [InlineData(WalletCode.EventRefused, EventCode.LimitExceeded, 429, "limit_exceeded")]
    [InlineData(WalletCode.EventRefused, EventCode.UnknownMeter, 422, "unknown_meter")]
    [InlineData(WalletCode.OutOfRange, EventCode.Accepted, 422, "out_of_range")]
    [InlineData(WalletCode.TooMany, EventCode.Accepted, 422, "too_many")]
    [InlineData(WalletCode.HoldNotFound, EventCode.Accepted, 404, "hold_not_found")]
    public async Task A_refused_command_has_its_problem(WalletCode code, EventCode eventCode, int status, string problem)
    {
        await using TestGrid grid = await FundedAsync("1");
        FakeWallet wallet = grid.Engine.FakeWallet("c1");
        wallet.NextResult = wallet.Result(code, eventCode: eventCode);
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/capture", $$"""{"event":{{EventOf("c1")}}}"""))
            .ExpectProblem(status, problem);
    }

    [Fact]
    public async Task Every_code_of_a_wallet_but_done_has_a_problem()
    {
        await using TestGrid grid = await FundedAsync("1");
        FakeWallet wallet = grid.Engine.FakeWallet("c1");
        foreach (WalletCode code in Enum.GetValues<WalletCode>().Where(code => code != WalletCode.Done))
        {
            wallet.NextResult = wallet.Result(code, eventCode: EventCode.NoPrice);
            Reply reply = await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/release", "");
            Assert.InRange(reply.Status, 400, 499);
        }
    }

    [Fact]
    public async Task A_shard_that_is_away_and_a_full_process_are_503_with_a_time_to_wait()
    {
        await using TestGrid grid = await FundedAsync("1");
        grid.Engine.FakeWallet("c1").NextFailure = new PartitionUnavailableException("db7.internal:5432 refused");
        Reply away = await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/release", "");
        away.ExpectProblem(503, "unavailable");
        Assert.DoesNotContain("db7", away.Text, StringComparison.Ordinal);
        grid.Engine.FakeWallet("c1").NextFailure = new OverloadedException("full of secrets");
        Reply full = await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/release", "");
        full.ExpectProblem(503, "overloaded");
        Assert.DoesNotContain("secrets", full.Text, StringComparison.Ordinal);
        Assert.NotNull(full.Headers.RetryAfter);
    }

    [Fact]
    public async Task Automatic_top_ups_are_set_ended_confirmed_and_failed()
    {
        await using TestGrid grid = await FundedAsync("1");
        Reply set = (await grid.Operator.PutJsonAsync(
            "/v1/wallets/c1/auto_top_up", """{"threshold":"10","amount":"100","max_per_day":3}""")).Expect(200);
        Assert.Equal("""{"threshold":"10","amount":"100","max_per_day":3,"trust":false}""", set.Text);
        grid.Engine.FakeWallet("c1").AddPendingTopUp("t1", Amount.FromWhole(100));
        grid.Engine.FakeWallet("c1").AddPendingTopUp("t2", Amount.FromWhole(100));
        Reply confirmed = (await grid.Operator.PostJsonAsync("/v1/wallets/c1/top_ups/t1/confirm", "")).Expect(200);
        Assert.Equal(("confirmed", "101"),
            (confirmed["state"], confirmed.Json.GetProperty("balance").GetProperty("available").GetString()));
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/top_ups/t1/fail", "{}")).ExpectProblem(409, "top_up_closed");
        Assert.Equal("failed", (await grid.Operator.PostJsonAsync("/v1/wallets/c1/top_ups/t2/fail", "")).Expect(200)["state"]);
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/top_ups/t3/confirm", "")).ExpectProblem(404, "top_up_not_found");
        (await grid.Operator.DeleteJsonAsync("/v1/wallets/c1/auto_top_up")).Expect(204);
        Assert.Equal(
            ["threshold", "amount", "max_per_day"],
            (await grid.Operator.PutJsonAsync("/v1/wallets/c1/auto_top_up", """{"threshold":"-1","amount":"0"}"""))
                .ExpectProblem(400, "invalid_request").Fields);
    }

    [Fact]
    public async Task A_low_balance_is_set_shown_and_taken_away_by_the_customer_itself()
    {
        await using TestGrid grid = await FundedAsync("1");
        await grid.AddCustomerAsync("c2", "llm-prepaid");
        using HttpClient own = await grid.Host.CustomerAsync("c1", KeyScopes.Wallet);
        Assert.Equal(
            """{"threshold":"25.5"}""", (await own.PutJsonAsync("/v1/wallets/c1/low_balance", """{"threshold":25.50}""")).Expect(200).Text);
        Reply wallet = (await own.GetJsonAsync("/v1/wallets/c1")).Expect(200);
        Assert.Equal("25.5", wallet.Json.GetProperty("low_balance").GetProperty("threshold").GetString());
        Assert.Equal(
            ["threshold"],
            (await own.PutJsonAsync("/v1/wallets/c1/low_balance", """{"threshold":"0"}""")).ExpectProblem(400, "invalid_request").Fields);
        (await own.PutJsonAsync("/v1/wallets/c2/low_balance", """{"threshold":"1"}""")).ExpectProblem(403, "forbidden");
        (await own.DeleteJsonAsync("/v1/wallets/c1/low_balance")).Expect(204);
        Assert.Equal(
            System.Text.Json.JsonValueKind.Null,
            (await own.GetJsonAsync("/v1/wallets/c1")).Expect(200).Json.GetProperty("low_balance").ValueKind);
    }

    [Fact]
    public async Task The_scope_wallet_holds_and_captures_on_its_own_wallet_and_makes_no_credits()
    {
        await using TestGrid grid = await FundedAsync("10");
        await grid.AddCustomerAsync("c2", "llm-prepaid");
        using HttpClient own = await grid.Host.CustomerAsync("c1", KeyScopes.Wallet);
        (await own.GetJsonAsync("/v1/wallets/c1")).Expect(200);
        (await own.PostJsonAsync("/v1/wallets/c1/holds", """{"amount":"1","ttl_seconds":1,"id":"h"}""")).Expect(201);
        (await own.PostJsonAsync("/v1/wallets/c1/holds/h/capture", """{"amount":"1"}""")).Expect(200);
        (await own.GetJsonAsync("/v1/wallets/c2")).ExpectProblem(403, "forbidden");
        (await own.PostJsonAsync("/v1/wallets/c2/holds", """{"amount":"1","ttl_seconds":1}""")).ExpectProblem(403, "forbidden");
        (await own.PostJsonAsync("/v1/wallets/c1/grants", """{"amount":"1","kind":"paid"}""")).ExpectProblem(403, "forbidden");
        (await own.PutJsonAsync("/v1/wallets/c1/auto_top_up", """{"threshold":"1","amount":"1","max_per_day":1,"trust":true}"""))
            .ExpectProblem(403, "forbidden");
        (await own.PutJsonAsync("/v1/wallets/c1/auto_top_up", """{"threshold":"1","amount":"1","max_per_day":1}""")).Expect(200);
        (await own.PutJsonAsync("/v1/wallets/c2/auto_top_up", """{"threshold":"1","amount":"1","max_per_day":1}"""))
            .ExpectProblem(403, "forbidden");
        (await own.DeleteJsonAsync("/v1/wallets/c1/auto_top_up")).Expect(204);
        (await own.PostJsonAsync("/v1/wallets/c1/top_ups/t/confirm", "")).ExpectProblem(403, "forbidden");
        using HttpClient read = await grid.Host.CustomerAsync("c1", KeyScopes.Read | KeyScopes.Ingest | KeyScopes.Billing);
        (await read.GetJsonAsync("/v1/wallets/c1")).ExpectProblem(403, "forbidden");
    }

    [Fact]
    public async Task The_ledger_comes_newest_first_by_pages()
    {
        await using TestGrid grid = await FundedAsync("1");
        for (int i = 1; i <= 3; i++)
        {
            grid.Engine.Projections.Ledger.Add(new LedgerRow(
                "c1", i, "BURN", Amount.FromWhole(15), Amount.FromWhole(100), Amount.FromWhole(85), "usage", Instant.UnixEpoch));
        }

        Reply first = (await grid.Operator.GetJsonAsync("/v1/wallets/c1/transactions?limit=2")).Expect(200);
        Assert.Equal(
            """
            {"seq":3,"transaction_type":"BURN","amount":"15","balance_before":"100","balance_after":"85",
            "description":"usage","at":"1970-01-01T00:00:00Z"}
            """.ReplaceLineEndings(""),
            first.Json.GetProperty("data")[0].GetRawText());
        Reply second = (await grid.Operator.GetJsonAsync($"/v1/wallets/c1/transactions?limit=2&cursor={first["next_cursor"]}")).Expect(200);
        Assert.Equal(1, Assert.Single(second.Json.GetProperty("data").EnumerateArray()).GetProperty("seq").GetInt64());
        Assert.Equal(["cursor"], (await grid.Operator.GetJsonAsync("/v1/wallets/c1/transactions?cursor=zzz"))
            .ExpectProblem(400, "invalid_request").Fields);
    }

    internal static async Task<TestGrid> FundedAsync(string amount)
    {
        TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "llm-prepaid");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", $$"""{"amount":"{{amount}}","kind":"paid"}""")).Expect(201);
        return grid;
    }

    private static string EventOf(string subject) =>
        $$$"""
        {"specversion":"1.0","id":"e1","source":"test","type":"TOKEN_USAGE","subject":"{{{subject}}}",
        "data":{"input_tokens":10,"output_tokens":5}}
        """;
}
