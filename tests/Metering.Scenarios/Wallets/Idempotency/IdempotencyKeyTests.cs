using Metering.Scenarios.Support;

namespace Metering.Scenarios.Wallets.Idempotency;

[Collection(SharedServer.Name)]
public sealed class IdempotencyKeyTests(ScenarioServer server)
{
    [Fact]
    public async Task The_same_key_replays_the_first_answer_and_grants_once()
    {
        string customer = await server.CustomerAsync("llm-prepaid");
        object grant = new { amount = "10", kind = "paid", reason = "order 7" };
        Answer first = (await PostAsync(customer, "order-7", grant)).Expect(201);
        Answer again = (await PostAsync(customer, "order-7", grant)).Expect(201);
        Assert.Equal(first.Body.ToString(), again.Body.ToString());
        Assert.Equal("10", await server.AvailableAsync(customer));
    }

    [Fact]
    public async Task The_same_key_at_once_from_32_clients_grants_once()
    {
        string customer = await server.CustomerAsync("llm-prepaid");
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(
            _ => PostAsync(customer, "once", new { amount = "10", kind = "paid" })));
        Assert.All(answers, answer => Assert.Equal(201, answer.Status));
        Assert.Equal("10", await server.AvailableAsync(customer));
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_422()
    {
        string customer = await server.CustomerAsync("llm-prepaid");
        (await PostAsync(customer, "k", new { amount = "10", kind = "paid" })).Expect(201);
        Answer other = await PostAsync(customer, "k", new { amount = "11", kind = "paid" });
        Assert.Equal((422, "idempotency_key_reused"), (other.Status, other.Code));
        Assert.Equal("10", await server.AvailableAsync(customer));
    }

    [Fact]
    public async Task A_key_belongs_to_its_customer()
    {
        string one = await server.CustomerAsync("llm-prepaid");
        string two = await server.CustomerAsync("llm-prepaid");
        object grant = new { amount = "10", kind = "paid" };
        (await PostAsync(one, "k", grant)).Expect(201);
        (await PostAsync(two, "k", grant)).Expect(201);
        Assert.Equal(("10", "10"), (await server.AvailableAsync(one), await server.AvailableAsync(two)));
    }

    private Task<Answer> PostAsync(string customer, string key, object grant) =>
        server.Operator.PostAsync($"/v1/wallets/{customer}/grants", grant, ("Idempotency-Key", key));
}
