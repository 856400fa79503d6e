using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Metering.Scenarios.Crash;

/// <summary>
/// Clients at work: single events and batches over several customers, a share of them sent before; holds captured in parts, by amount and
/// by event;
/// grants; reads. Each works on until it is told to finish, and then until its last request is answered.
/// </summary>
internal sealed class Load
{
    private const int BatchMax = 40;

    // Between two requests of a client: with none, the clients alone would take all of the machine, from what is watched, too.
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(10);
    private readonly LoggingClient client;
    private readonly int seed;
    private readonly Task[] workers;
    private volatile bool finishing;
    private int opened;

    private Load(LoggingClient client, int seed, int clients)
    {
        this.client = client;
        this.seed = seed;
        workers = [.. Enumerable.Range(0, clients).Select(number => Task.Run(() => WorkAsync(number)))];
    }

    /// <summary>Customers on a prepaid plan: the first with plenty of credits, the last ones always about to run out.</summary>
    public static IReadOnlyList<string> Prepaid { get; } = [.. Enumerable.Range(0, 10).Select(number => $"prepaid-{number}")];

    /// <summary>Customers whose wallet is empty soon and who go on with overage.</summary>
    public static IReadOnlyList<string> Overage { get; } = [.. Enumerable.Range(0, 4).Select(number => $"overage-{number}")];

    public static IReadOnlyList<string> Customers { get; } = [.. Prepaid, .. Overage];

    private static int Poor => 3;

    /// <summary>Makes the customers and their first grants.</summary>
    public static async Task OpenAsync(LoggingClient client)
    {
        foreach (string customer in Customers)
        {
            string plan = customer.StartsWith("overage", StringComparison.Ordinal) ? "llm-overage" : "llm-prepaid";
            string body = JsonSerializer.Serialize(new { id = customer, name = customer, email = "one@example.com", plan });
            FinalAnswer made = await client.PostAsync("/v1/customers", body, customer);
            // A retry finds the customer that the first try made.
            if (made.Status is not (201 or 409))
                throw new InvalidOperationException($"Customer {customer} was answered with {made.Status}: {made.Text}");
            bool rich = Prepaid.SkipLast(Poor).Contains(customer);
            await GrantAsync(client, customer, rich ? 100_000_000 : 40, new Random(1));
        }
    }

    public static Load Start(LoggingClient client, int seed, int clients) => new(client, seed, clients);

    /// <summary>Begins nothing more and waits for all answers.</summary>
    public async Task FinishAsync()
    {
        finishing = true;
        await Task.WhenAll(workers);
    }

    private static async Task GrantAsync(LoggingClient client, string customer, decimal amount, Random dice)
    {
        client.Log.Granting(customer, amount);
        string body = JsonSerializer.Serialize(new { amount = Text(amount), kind = "paid", reason = "load" });
        FinalAnswer answer = await CommandAsync(client, $"/v1/wallets/{customer}/grants", body, dice);
        Expect(answer, 201);
        client.Log.Balance(customer, answer.Body.GetProperty("balance"));
    }

    // Some commands are sent once more after their answer, which has to come again to the byte.
    private static async Task<FinalAnswer> CommandAsync(LoggingClient client, string path, string body, Random dice)
    {
        string key = NewId(dice);
        FinalAnswer answer = await client.PostAsync(path, body, key);
        if (dice.Next(5) == 0)
        {
            FinalAnswer again = await client.PostAsync(path, body, key);
            if (again.Status != answer.Status || again.Text != answer.Text)
                client.Log.Fault($"{path} was answered {answer.Status} {answer.Text} and, sent again, {again.Status} {again.Text}");
        }

        return answer;
    }

    private static void Expect(FinalAnswer answer, params int[] statuses)
    {
        if (!statuses.Contains(answer.Status))
            throw new InvalidOperationException($"Expected {string.Join(" or ", statuses)}, got {answer.Status}: {answer.Text}");
    }

    // Ids come from the dice too, so that a seed tells the whole story; the version bits make them UUIDs of version 4.
    private static string NewId(Random dice)
    {
        Span<byte> bytes = stackalloc byte[16];
        dice.NextBytes(bytes);
        bytes[6] = (byte)(bytes[6] & 0x0f | 0x40);
        bytes[8] = (byte)(bytes[8] & 0x3f | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    private static string Text(decimal amount) => amount.ToString(CultureInfo.InvariantCulture);

    private static string AnyCustomer(Random dice) => Customers[dice.Next(Customers.Count)];

    private async Task WorkAsync(int number)
    {
        var dice = new Random(HashCode.Combine(seed, number));
        while (!finishing)
        {
            switch (dice.Next(100))
            {
                case < 45:
                    await BatchAsync(dice);
                    break;
                case < 80:
                    SentEvent? earlier = dice.Next(8) == 0 ? client.Log.Earlier(dice) : null;
                    await client.IngestAsync([earlier ?? New(AnyCustomer(dice), dice)], detailed: dice.Next(2) == 0);
                    break;
                case < 88:
                    await HoldAsync(dice);
                    break;
                case < 93:
                    await GrantAsync(client, AnyCustomer(dice), dice.Next(1, 40_000) / 1000m, dice);
                    break;
                default:
                    string customer = AnyCustomer(dice);
                    FinalAnswer wallet = await client.GetAsync($"/v1/wallets/{customer}");
                    Expect(wallet, 200);
                    client.Log.Reading(customer, wallet.Body);
                    break;
            }

            await Task.Delay(pause);
        }
    }

    private Task BatchAsync(Random dice)
    {
        string[] customers = [.. Enumerable.Range(0, dice.Next(1, 4)).Select(_ => AnyCustomer(dice))];
        var batch = new List<SentEvent>();
        int count = dice.Next(2, BatchMax);
        while (batch.Count < count)
        {
            SentEvent? earlier = dice.Next(12) > 0 ? null
                : dice.Next(3) == 0 && batch.Count > 0 ? batch[dice.Next(batch.Count)]
                : client.Log.Earlier(dice);
            batch.Add(earlier ?? New(customers[dice.Next(customers.Length)], dice));
        }

        return client.IngestAsync(batch, detailed: dice.Next(3) > 0);
    }

    private SentEvent New(string customer, Random dice)
    {
        var sent = new SentEvent(
            NewId(dice), customer, ModelPrice.All[dice.Next(ModelPrice.All.Count)], dice.Next(1, 4000), dice.Next(1, 1000),
            dice.Next(2) == 0 ? null : DateTimeOffset.UtcNow.AddSeconds(-dice.Next(3600)));
        client.Log.Sending(sent);
        return sent;
    }

    private async Task HoldAsync(Random dice)
    {
        string customer = AnyCustomer(dice);
        string id = $"hold-{Interlocked.Increment(ref opened)}-{NewId(dice)}";
        decimal left = dice.Next(1, 30_000) / 1000m;
        FinalAnswer made = await CommandAsync(
            client, $"/v1/wallets/{customer}/holds", JsonSerializer.Serialize(new { amount = Text(left), ttl_seconds = 3600, id }), dice);
        Expect(made, 201, 402);
        if (made.Status == 402)
            return;
        client.Log.Balance(customer, made.Body.GetProperty("balance"));
        string hold = $"/v1/wallets/{customer}/holds/{id}";
        for (int parts = dice.Next(3); parts > 0 && left > 0; parts--)
        {
            decimal part = decimal.Round(left * dice.Next(1, 100) / 100, 9);
            if (part == 0)
                break;
            FinalAnswer taken = await CommandAsync(client, $"{hold}/capture", JsonSerializer.Serialize(new { amount = Text(part) }), dice);
            Expect(taken, 200);
            client.Log.Capturing(customer, part);
            left -= part;
            if (ClientLog.Number(taken.Body, "remaining") != left)
                client.Log.Fault($"hold {id} has {left} left and was answered with {taken.Text}");
        }

        if (dice.Next(2) == 0 && await CaptureEventAsync(hold, customer, dice))
            return;
        Expect(await CommandAsync(client, $"{hold}/release", "{}", dice), 200);
    }

    // True where the event was taken, and the hold closed by it.
    private async Task<bool> CaptureEventAsync(string hold, string customer, Random dice)
    {
        SentEvent sent = New(customer, dice);
        long asked = client.Log.Now();
        string body = new JsonObject { ["event"] = sent.ToJson(), ["close"] = true }.ToJsonString();
        FinalAnswer answer = await CommandAsync(client, $"{hold}/capture", body, dice);
        Expect(answer, 200, 402);
        if (answer.Status == 402)
        {
            // Others may have sent the event meanwhile, and been luckier: only what was known before it was asked counts against it.
            client.Log.Refused(sent, asked, "insufficient_credits");
            return false;
        }

        JsonElement taken = answer.Body.GetProperty("event");
        client.Log.Counted(
            sent, asked, taken.GetProperty("status").GetString() == "accepted", ClientLog.Number(taken, "credits"),
            taken.GetProperty("at").GetString());
        return answer.Body.GetProperty("state").GetString() == "captured";
    }
}
