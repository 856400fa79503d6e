namespace Metering.Scenarios.Crash;

/// <summary>
/// Compares what the clients were told with what the databases hold. It computes prices, balances and sums itself; of the product it uses
/// the journal's reader and, for the balances now, the API.
/// </summary>
internal sealed class Judge(ClientLog log)
{
    private const int FaultsShown = 20;
    private readonly List<string> faults = [];

    /// <summary>Judges everything; the server runs and nothing is in flight.</summary>
    public async Task RunAsync(LoggingClient client, IReadOnlyList<string> shards)
    {
        faults.AddRange(log.Faults);
        IReadOnlyList<WalletReading> wallets = await ReadWalletsAsync(client);
        await ProjectionFacts.CaughtUpAsync(shards, TimeSpan.FromSeconds(30));
        JournalFacts journal = await JournalFacts.ReadAsync(shards);
        JudgeEvents(journal);
        JudgeWallets(journal, wallets);
        JudgeShownBalances(journal);
        JudgeProjections(journal, await ProjectionFacts.ReadAsync(shards));
        ThrowIfAny();
    }

    /// <summary>Judges what was acknowledged against the journal alone; for when no server runs.</summary>
    public async Task RunAsync(IReadOnlyList<string> shards)
    {
        faults.AddRange(log.Faults);
        JournalFacts journal = await JournalFacts.ReadAsync(shards);
        JudgeEvents(journal);
        JudgeShownBalances(journal);
        ThrowIfAny();
    }

    private void ThrowIfAny() => Assert.True(
        faults.Count == 0, $"{faults.Count} faults:\n{string.Join('\n', faults.Take(FaultsShown))}");

    private async Task<IReadOnlyList<WalletReading>> ReadWalletsAsync(LoggingClient client)
    {
        var wallets = new List<WalletReading>();
        foreach (string customer in Load.Customers)
        {
            FinalAnswer answer = await client.GetAsync($"/v1/wallets/{customer}");
            Assert.True(answer.Status == 200, $"{customer}: {answer.Status} {answer.Text}");
            log.Reading(customer, answer.Body);
            wallets.Add(WalletReading.Of(customer, answer.Body));
        }

        return wallets;
    }

    // Every acknowledged event once, nothing twice, nothing that was never sent, nothing that was last refused; as it was sent, at its
    // price.
    private void JudgeEvents(JournalFacts journal)
    {
        var counted = new HashSet<string>();
        Dictionary<string, SentEvent> sent = log.Events.ToDictionary(one => one.Id);
        foreach (JournaledEvent entry in journal.Events)
        {
            if (!sent.TryGetValue(entry.Id, out SentEvent? one))
            {
                Fault($"event {entry.Id} is in the journal and was never sent");
                continue;
            }

            if (!counted.Add(entry.Id))
                Fault($"event {entry.Id} is in the journal twice, the second time in partition {entry.Partition}, group {entry.Sequence}");
            Same($"event {entry.Id}: customer", (entry.Customer, entry.Project), (one.Customer, one.Customer));
            Same($"event {entry.Id}: source", entry.Source, SentEvent.Source);
            Same($"event {entry.Id}: credits", entry.Credits, one.Credits);
            Same($"event {entry.Id}: input", entry.Values["input_tokens"], $"{one.Input}");
            Same($"event {entry.Id}: output", entry.Values["output_tokens"], $"{one.Output}");
            Same($"event {entry.Id}: model", (entry.Values["provider"], entry.Values["model"]), (one.Price.Provider, one.Price.Model));
            if (!one.Acknowledged)
                Fault($"event {entry.Id} is in the journal, and its last answer was {one.Refused ?? "none"}");
        }

        foreach (SentEvent lost in log.Events.Where(one => one.Acknowledged && !counted.Contains(one.Id)))
            Fault($"event {lost.Id} of {lost.Customer} was acknowledged ({lost.At}) and is not in the journal");
    }

    private void JudgeWallets(JournalFacts journal, IReadOnlyList<WalletReading> wallets)
    {
        ILookup<string, SentEvent> taken = log.Events.Where(one => one.Acknowledged).ToLookup(one => one.Customer);
        ILookup<string, JournaledEntry> entries = journal.Entries.ToLookup(entry => entry.Customer);
        foreach (WalletReading wallet in wallets)
        {
            string customer = wallet.Customer;
            decimal burned = taken[customer].Sum(one => one.Credits) + log.Captured(customer);
            Same($"{customer}: granted", wallet.Granted, log.Granted(customer));
            Same($"{customer}: burned", wallet.Burned, burned);
            Same($"{customer}: held", wallet.Held, 0);
            Same($"{customer}: expired", wallet.Expired, 0);
            Same($"{customer}: overage", wallet.Overage, journal.Overage.GetValueOrDefault(customer));
            Same($"{customer}: available", wallet.Available, log.Granted(customer) - burned + wallet.Overage);
            Same($"{customer}: journaled burns and captures",
                journal.Burned.GetValueOrDefault(customer) + journal.Captured.GetValueOrDefault(customer), burned);
            if (wallet.Overage != 0 && !Load.Overage.Contains(customer))
                Fault($"{customer} is prepaid and went over by {wallet.Overage}");
            JudgeChain(customer, [.. entries[customer]]);
            Same($"{customer}: balance after the last ledger entry", entries[customer].Last().After, wallet.Available);
        }
    }

    private void JudgeChain(string customer, IReadOnlyList<JournaledEntry> entries)
    {
        (long number, decimal balance) = (0, 0);
        foreach (JournaledEntry entry in entries)
        {
            decimal change = entry.Type switch
            {
                "GRANT" or "RELEASE" => entry.Amount,
                "HOLD" => -entry.Amount,
                "CAPTURE" => 0,
                // What is beyond the wallet is overage: the balance ends at 0 then.
                "BURN" => Load.Overage.Contains(customer) ? -Math.Min(entry.Amount, balance) : -entry.Amount,
                _ => throw new InvalidOperationException($"{customer} has a ledger entry {entry.Type}, which nobody asked for."),
            };
            (long, decimal, decimal) expected = (number + 1, balance, balance + change);
            Same($"{customer}: ledger entry {entry.Number}", (entry.Number, entry.Before, entry.After), expected);
            if (entry.After < 0)
                Fault($"{customer}: ledger entry {entry.Number} leaves {entry.After}");
            (number, balance) = (entry.Number, entry.After);
        }
    }

    // No answer ever showed a balance that the ledger did not go through: neither one that a crash took back nor one of a stale owner.
    private void JudgeShownBalances(JournalFacts journal)
    {
        HashSet<(string, decimal)> real = [.. journal.Entries.Select(entry => (entry.Customer, entry.After))];
        foreach ((string customer, decimal available) in log.Balances)
        {
            if (!real.Contains((customer, available)) && available != 0)
                Fault($"{customer} was shown {available}, which its ledger never held");
        }

        ILookup<string, JournaledEntry> entries = journal.Entries.ToLookup(entry => entry.Customer);
        foreach (WalletReading reading in log.Readings)
        {
            // A reading may lie between two entries of the newest group it contains.
            IReadOnlyList<JournaledEntry> seen = [.. entries[reading.Customer].Where(entry => entry.Sequence <= reading.AsOf)];
            JournaledEntry? before = seen.LastOrDefault(entry => entry.Sequence < reading.AsOf);
            bool within = seen.Any(entry => entry.Sequence == reading.AsOf && entry.After == reading.Available);
            if (!within && (before?.After ?? 0) != reading.Available)
                Fault($"{reading} was shown; the ledger had {before?.After} before that group and {seen.LastOrDefault()?.After} after it");
        }
    }

    private void JudgeProjections(JournalFacts journal, ProjectionFacts tables)
    {
        Dictionary<(int, long, int), ProjectedEvent> rows = [];
        foreach (ProjectedEvent row in tables.Events)
        {
            if (!rows.TryAdd((row.Partition, row.Sequence, row.Ordinal), row))
                Fault($"usage_event has {row.Id} twice");
        }

        foreach (JournaledEvent entry in journal.Events)
        {
            if (!rows.Remove((entry.Partition, entry.Sequence, entry.Ordinal), out ProjectedEvent? row))
                Fault($"usage_event lacks {entry.Id}: partition {entry.Partition}, group {entry.Sequence}, {entry.Ordinal}");
            else
                Same($"usage_event {entry.Id}", row, ProjectedEvent.Of(entry));
        }

        foreach (ProjectedEvent extra in rows.Values)
            Fault($"usage_event has {extra.Id}, which is not in the journal");
        JudgeHours(journal, tables);
        Dictionary<(string, long), JournaledEntry> entries = [];
        foreach (JournaledEntry entry in journal.Entries)
        {
            if (!entries.TryAdd((entry.Customer, entry.Number), entry))
                Fault($"the journal has ledger entry {entry.Number} of {entry.Customer} twice");
        }

        foreach (JournaledEntry row in tables.Ledger)
        {
            if (!entries.Remove((row.Customer, row.Number), out JournaledEntry? entry))
                Fault($"ledger_entry has {row}, which is not in the journal");
            else
                Same($"ledger_entry {row.Customer} {row.Number}", row, entry);
        }

        foreach (JournaledEntry missing in entries.Values)
            Fault($"ledger_entry lacks {missing}");
    }

    private void JudgeHours(JournalFacts journal, ProjectionFacts tables)
    {
        Dictionary<HourKey, (decimal Sum, long Count, decimal Max)> hours = [];
        Dictionary<string, decimal> credits = [];
        foreach (JournaledEvent entry in journal.Events)
        {
            credits[entry.Customer] = credits.GetValueOrDefault(entry.Customer) + entry.Credits;
            var start = new DateTime(entry.Time.Year, entry.Time.Month, entry.Time.Day, entry.Time.Hour, 0, 0, DateTimeKind.Utc);
            foreach (string side in (string[])["input", "output"])
            {
                var key = new HourKey(
                    entry.Customer, entry.Project, start, $"llm_{side}_tokens", entry.Values["provider"], entry.Values["model"]);
                decimal value = decimal.Parse(entry.Values[$"{side}_tokens"], System.Globalization.CultureInfo.InvariantCulture);
                (decimal sum, long count, decimal max) = hours.GetValueOrDefault(key);
                hours[key] = (sum + value, count + 1, Math.Max(max, value));
            }
        }

        foreach ((HourKey key, ProjectedHour row) in tables.Hours)
        {
            if (!hours.Remove(key, out (decimal Sum, long Count, decimal Max) expected))
                Fault($"usage_hourly has {key}, which no event makes");
            else
                Same($"usage_hourly {key}", (row.Sum, row.Count, row.Max), expected);
        }

        foreach (HourKey missing in hours.Keys)
            Fault($"usage_hourly lacks {missing}");
        foreach ((string customer, decimal total) in credits)
        {
            decimal sum = tables.Hours.Where(hour => hour.Key.Customer == customer).Sum(hour => hour.Value.Credits);
            Same($"usage_hourly: credits of {customer}", sum, total);
        }
    }

    private void Same<T>(string what, T actual, T expected)
    {
        if (!EqualityComparer<T>.Default.Equals(actual, expected))
            Fault($"{what}: {actual}, expected {expected}");
    }

    private void Fault(string what) => faults.Add(what);
}
