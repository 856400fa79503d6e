using System.Diagnostics;
using System.Text.Json;
using Metering.Core.Money;

namespace Metering.Scenarios.Support;

/// <summary>What scenarios are told in: customers of their own, events, and waiting for what is behind the acknowledgement.</summary>
internal static class Story
{
    private static readonly TimeSpan usualPatience = TimeSpan.FromSeconds(30);
    private static int customers;

    /// <summary>A new customer on a plan, with credits where given.</summary>
    public static async Task<string> CustomerAsync(this ScenarioServer server, string plan, string? credits = null)
    {
        string id = $"{plan}-{Interlocked.Increment(ref customers)}-{Guid.NewGuid():N}";
        (await server.Operator.PostAsync("/v1/customers", new { id, name = id, email = id + "@example.org", plan })).Expect(201);
        if (credits is not null)
            await server.GrantAsync(id, credits);
        return id;
    }

    /// <summary>Grants credits.</summary>
    public static async Task GrantAsync(this ScenarioServer server, string customer, string credits) =>
        (await server.Operator.PostAsync($"/v1/wallets/{customer}/grants", new { amount = credits, kind = "paid" })).Expect(201);

    /// <summary>The wallet.</summary>
    public static async Task<Answer> WalletAsync(this ScenarioServer server, string customer) =>
        (await server.Operator.GetAsync($"/v1/wallets/{customer}")).Expect(200);

    /// <summary>What is available in the wallet.</summary>
    public static async Task<string> AvailableAsync(this ScenarioServer server, string customer) =>
        (await server.WalletAsync(customer)).Amount("available").ToString();

    /// <summary>A call of a language model.</summary>
    public static object Tokens(
        string customer, string id, long input, long output, string model = "gpt-4-turbo", string provider = "OPENAI") =>
        Event("TOKEN_USAGE", customer, id, new { provider, model, input_tokens = input, output_tokens = output });

    /// <summary>An event now.</summary>
    public static object Event(string type, string subject, string id, object data, string? time = null) =>
        time is null
            ? new { specversion = "1.0", id, source = "scenario", type, subject, data }
            : new { specversion = "1.0", id, source = "scenario", type, subject, time, data };

    /// <summary>The result of one event of an answer.</summary>
    public static JsonElement Result(this Answer answer, int index = 0) => answer.Expect(200).Rows("results")[index];

    /// <summary>The status of each event of an answer: <c>accepted</c>, <c>duplicate</c>, or the code of the refusal.</summary>
    public static string[] Codes(this Answer answer) => [.. answer.Expect(200).Rows("results").Select(Code)];

    /// <summary>The status of a result, or the code of its refusal.</summary>
    public static string Code(this JsonElement result)
    {
        string status = result.GetProperty("status").GetString()!;
        return status == "rejected" ? result.GetProperty("code").GetString()! : status;
    }

    /// <summary>An amount member of a result.</summary>
    public static string Amount(this JsonElement element, string member) =>
        Core.Money.Amount.Parse(element.GetProperty(member).ToString()).ToString();

    /// <summary>Reads until what is read is as expected; then returns it. Projections are behind by moments.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> read, Func<T, bool> expected, TimeSpan? atMost = null)
    {
        TimeSpan patience = atMost ?? usualPatience;
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            T value = await read();
            if (expected(value))
                return value;
            if (Stopwatch.GetElapsedTime(started) > patience)
                Assert.Fail($"Still after {patience.TotalSeconds} s: {Show(value)}");
            await Task.Delay(50);
        }
    }

    private static string Show<T>(T value) => value is Answer answer ? $"{answer.Status} {answer.Body}" : $"{value}";
}
