using System.Globalization;
using System.Text.Json;
using Metering.Server.Client;
using Spectre.Console;

namespace Metering.Server.Demo;

/// <summary>The tables at the end of the demo, all read through the HTTP API.</summary>
internal sealed class DemoReport(MeteringClient client, IAnsiConsole console)
{
    /// <summary>What became of the events that were sent.</summary>
    public static void ShowCounts(IAnsiConsole console, Tally tally, TimeSpan took)
    {
        Table table = new Table().RoundedBorder().Title("Events").AddColumn("").AddColumn(new TableColumn("count").RightAligned());
        table.AddRow("sent", Number(tally.Sent));
        table.AddRow("accepted", Number(tally.Accepted));
        table.AddRow("duplicates", Number(tally.Duplicates));
        table.AddRow("  of them with another body", Number(tally.Differing));
        foreach ((string code, long count) in tally.Refused)
            table.AddRow($"refused: {code}", Number(count));
        table.AddRow("credits burned by events", tally.Credits.ToString());
        table.AddRow("events a second", Number((long)(tally.Sent / Math.Max(took.TotalSeconds, 0.001))));
        console.Write(table);
    }

    /// <summary>Shows balances and alerts.</summary>
    public async Task ShowAsync(CancellationToken cancellation)
    {
        Table balances = new Table().RoundedBorder().Title("Balances").AddColumns("customer", "plan", "what happens");
        foreach (string column in (string[])["available", "held", "burned", "overage"])
            balances.AddColumn(new TableColumn(column).RightAligned());
        Table alerts = new Table().RoundedBorder().Title("Alerts").AddColumns("project", "severity", "message");
        foreach (DemoCustomer customer in DemoCustomer.All.Append(DemoCustomer.Newcomer))
        {
            using JsonDocument wallet = await client.SendAsync(HttpMethod.Get, $"/v1/wallets/{customer.Id}", null, null, cancellation);
            string[] amounts = [.. ((string[])["available", "held", "burned", "overage"]).Select(member => Text(wallet, member))];
            balances.AddRow([customer.Id, customer.Plan, customer.Story, .. amounts]);
            using JsonDocument raised = await client.SendAsync(HttpMethod.Get, $"/v1/usage/{customer.Id}/alerts", null, null, cancellation);
            AddAlerts(alerts, raised.RootElement);
        }

        console.Write(balances);
        console.Write(alerts);
    }

    /// <summary>Four requests to try, ready to paste.</summary>
    public static void ShowCurls(IAnsiConsole console, Uri server, string key)
    {
        string url = server.ToString().TrimEnd('/');
        string sign = $"-H 'Authorization: Bearer {key}'";
        console.WriteLine();
        console.MarkupLine("[bold]Try:[/]");
        // Not wrapped by the console: a line that breaks cannot be pasted.
        foreach (string line in (string[])
        [
            $"curl -s {sign} {url}/v1/wallets/acme-support",
            $"curl -s {sign} -H 'Prefer: return=representation' -H 'Content-Type: application/cloudevents+json' {url}/v1/events -d "
                + "'{\"specversion\":\"1.0\",\"id\":\"try-1\",\"source\":\"terminal\",\"type\":\"TOKEN_USAGE\","
                + "\"subject\":\"acme-support\","
                + "\"data\":{\"provider\":\"OPENAI\",\"model\":\"gpt-4-turbo\",\"input_tokens\":1000,\"output_tokens\":500}}'",
            $"curl -s {sign} {url}/v1/usage/weekend-project/alerts",
            $"curl -s {sign} '{url}/v1/wallets/orchard-apps/transactions?limit=5'",
        ])
        {
            console.Profile.Out.Writer.WriteLine(line);
        }

        console.WriteLine();
    }

    private static void AddAlerts(Table table, JsonElement raised)
    {
        JsonElement rows = raised.ValueKind == JsonValueKind.Array ? raised : raised.GetProperty("alerts");
        foreach (JsonElement alert in rows.EnumerateArray())
        {
            table.AddRow(
                Markup.Escape(alert.GetProperty("project_id").GetString()!), Markup.Escape(alert.GetProperty("severity").GetString()!),
                Markup.Escape(alert.GetProperty("message").GetString()!));
        }
    }

    private static string Text(JsonDocument document, string member) =>
        document.RootElement.TryGetProperty(member, out JsonElement value) ? Markup.Escape(value.ToString()) : "";

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
