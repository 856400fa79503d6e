using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Server.Client;
using Spectre.Console;

namespace Metering.Server.Replay;

/// <summary>Sends the rows of a file as events and shows the totals.</summary>
internal sealed class ReplayRun(MeteringClient client, IAnsiConsole console, TimeProvider time, ReplayPlan plan)
{
    /// <summary>Replays the file.</summary>
    /// <returns>The counts, for whoever asks for more than the table.</returns>
    public async Task<Tally> RunAsync(CancellationToken cancellation)
    {
        Trace trace = Trace.Open(plan);
        TimeSpan move = plan.KeepTimes ? TimeSpan.Zero : Instant.FromDateTimeOffset(time.GetUtcNow()) - trace.Last;
        await MakeCustomerAsync(trace, cancellation);
        Amount before = await AvailableAsync(cancellation);

        var tally = new Tally();
        long started = Stopwatch.GetTimestamp();
        await console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                ProgressTask bar = progress.AddTask($"Sending {trace.Rows:N0} rows", maxValue: trace.Rows);
                await new EventSender(client, lanes: 1, plan.BatchSize).SendAsync(
                    trace.Events(move), tally, count => bar.Increment(count), cancellation);
            });
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        Show(trace, move, tally, before, await AvailableAsync(cancellation), took);
        return tally;
    }

    // A customer made by a replay carries this tier, so that a run broken off before the grant is made good by the next one, and nobody
    // else's wallet is filled.
    private const string Tier = "replay";

    private async Task MakeCustomerAsync(Trace trace, CancellationToken cancellation)
    {
        string path = $"/v1/customers/{Uri.EscapeDataString(plan.Customer)}";
        string wallet = $"/v1/wallets/{Uri.EscapeDataString(plan.Customer)}";
        using (JsonDocument? found = await client.FindAsync(path, cancellation))
        {
            if (found is not null && !(found.RootElement.TryGetProperty("tier", out JsonElement tier) && tier.ValueEquals(Tier)))
                return;
            if (found is null)
            {
                string body = $$"""
                    {"id":"{{JsonEncodedText.Encode(plan.Customer)}}","name":"Replay","email":"replay@example.org",
                    "plan":"{{JsonEncodedText.Encode(plan.Plan)}}","tier":"{{Tier}}"}
                    """;
                using JsonDocument made = await client.SendAsync(HttpMethod.Post, "/v1/customers", body, null, cancellation);
            }
        }

        using JsonDocument balance = await client.SendAsync(HttpMethod.Get, wallet, null, null, cancellation);
        bool untouched = ((string[])["available", "held", "burned"]).All(
            member => MeteringClient.Read(balance.RootElement.GetProperty(member)).IsZero);
        if (!untouched || !Amount.TryParse(plan.Credits, out Amount credits) || !credits.IsPositive)
            return;
        string grant = $$"""{"amount":"{{credits}}","kind":"paid","reason":"for a replay"}""";
        using JsonDocument granted = await client.SendAsync(HttpMethod.Post, wallet + "/grants", grant, trace.Source, cancellation);
    }

    private async Task<Amount> AvailableAsync(CancellationToken cancellation)
    {
        string path = $"/v1/wallets/{Uri.EscapeDataString(plan.Customer)}";
        using JsonDocument wallet = await client.FindAsync(path, cancellation)
            ?? throw new ApiException(HttpStatusCode.NotFound, "customer_not_found", $"There is no customer '{plan.Customer}'.");
        return MeteringClient.Read(wallet.RootElement.GetProperty("available"));
    }

    private void Show(Trace trace, TimeSpan move, Tally tally, Amount before, Amount after, TimeSpan took)
    {
        var grid = new Table().RoundedBorder().Title($"Replay of {Markup.Escape(Path.GetFileName(plan.File))}")
            .AddColumn("").AddColumn(new TableColumn("").RightAligned()).HideHeaders();
        grid.AddRow("rows", $"{trace.Rows:N0}");
        grid.AddRow("source of the events", trace.Source[..27] + "...");
        string moved = plan.KeepTimes ? "kept" : $"moved by {move.TotalDays:N1} days";
        grid.AddRow("times", $"{moved}: {trace.First + move} to {trace.Last + move}");
        for (int index = 0; index < plan.Map.Count; index++)
            grid.AddRow(Markup.Escape(plan.Map[index].Key), Grouped(trace.Totals[index]));
        grid.AddRow("accepted", $"{tally.Accepted:N0}");
        grid.AddRow("duplicates", $"{tally.Duplicates:N0}");
        foreach ((string code, long count) in tally.Refused)
            grid.AddRow($"refused: {code}", $"{count:N0}");
        grid.AddRow("credits burned now", Grouped(tally.Credits));
        if (tally.Duplicates > 0)
            grid.AddRow("credits burned when first sent", Grouped(tally.DuplicateCredits));
        grid.AddRow("balance before", Grouped(before));
        grid.AddRow("balance after", Grouped(after));
        grid.AddRow("rows a second", $"{(long)(tally.Sent / Math.Max(took.TotalSeconds, 0.001)):N0}");
        console.Write(grid);
        if (tally.Differing > 0)
        {
            console.MarkupLine(
                $"{tally.Differing:N0} of the duplicates differ from the first time they were sent. " + (plan.KeepTimes
                    ? "Their other properties are not what they were."
                    : "That is expected: the times are moved anew at every replay, and what counts is source and id."));
        }
    }

    /// <summary>With separators between thousands and at least two decimals: 183,058.70.</summary>
    private static string Grouped(Amount amount) =>
        amount.ToDecimal().ToString("#,##0.00#######", System.Globalization.CultureInfo.InvariantCulture);
}
