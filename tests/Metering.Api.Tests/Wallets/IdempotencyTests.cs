using Metering.Api.Tests.Support;
using Metering.Api.Wallets;

namespace Metering.Api.Tests.Wallets;

public sealed class IdempotencyTests
{
    private const string Grant = """{"amount":"10","kind":"paid"}""";

    [Fact]
    public async Task The_same_key_and_body_get_the_first_answer_and_count_once()
    {
        await using TestGrid grid = await WalletEndpointsTests.FundedAsync("1");
        Reply first = (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", Grant, "k1")).Expect(201);
        Reply again = (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", Grant, "k1")).Expect(201);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal("11", (await grid.Operator.GetJsonAsync("/v1/wallets/c1"))["available"]);
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", Grant, "k2")).Expect(201);
        Assert.Equal("21", (await grid.Operator.GetJsonAsync("/v1/wallets/c1"))["available"]);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_refused()
    {
        await using TestGrid grid = await WalletEndpointsTests.FundedAsync("1");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", Grant, "k1")).Expect(201);
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", Grant + " ", "k1")).ExpectProblem(422, "idempotency_key_reused");
    }

    [Fact]
    public async Task A_refusal_is_replayed_too()
    {
        await using TestGrid grid = await WalletEndpointsTests.FundedAsync("1");
        const string hold = """{"amount":"5","ttl_seconds":60}""";
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds", hold, "k")).ExpectProblem(402, "insufficient_credits");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", Grant)).Expect(201);
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds", hold, "k")).ExpectProblem(402, "insufficient_credits");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds", hold, "k2")).Expect(201);
    }

    [Fact]
    public async Task Another_path_is_another_key()
    {
        await using TestGrid grid = await WalletEndpointsTests.FundedAsync("10");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds", """{"amount":"5","ttl_seconds":60,"id":"h"}""", "k")).Expect(201);
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/holds/h/raise", """{"by":"1"}""", "k")).Expect(200);
        Assert.NotEqual(IdempotencyHeader.Hash("POST", "/a", "k"), IdempotencyHeader.Hash("POST", "/b", "k"));
        Assert.NotEqual(IdempotencyHeader.Hash("POST", "/a", "k"), IdempotencyHeader.Hash("PUT", "/a", "k"));
    }

    [Fact]
    public async Task A_key_has_at_most_255_printable_characters()
    {
        await using TestGrid grid = await WalletEndpointsTests.FundedAsync("1");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", Grant, new string('k', 255))).Expect(201);
        Assert.Equal(
            ["Idempotency-Key"],
            (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", Grant, new string('k', 256))).ExpectProblem(400, "invalid_request")
                .Fields);
        (await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", Grant, "a\tb")).ExpectProblem(400, "invalid_request");
    }
}
