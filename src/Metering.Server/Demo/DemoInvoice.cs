using System.Globalization;
using System.Text.Json;
using Metering.Server.Client;
using Spectre.Console;

namespace Metering.Server.Demo;

/// <summary>
/// The end of the demo: what one customer will be invoiced, on the screen and as PDF. Its billing period is open, so it is the draft,
/// computed from the partition at that moment; it is issued by itself once the period is closed.
/// </summary>
internal sealed class DemoInvoice(MeteringClient client, IAnsiConsole console)
{
    /// <summary>Shows the draft of a customer's running period and writes its PDF.</summary>
    /// <returns>The path of the PDF.</returns>
    public async Task<string> ShowAsync(string customer, string folder, CancellationToken cancellation)
    {
        using JsonDocument dashboard = await client.SendAsync(
            HttpMethod.Get, $"/v1/billing/{customer}/dashboard", null, null, cancellation);
        string period = $$"""
            {"period_start":"{{Text(dashboard, "period_start")}}","period_end":"{{Text(dashboard, "period_end")}}"}
            """;
        using JsonDocument invoice = await client.SendAsync(
            HttpMethod.Post, $"/v1/billing/{customer}/invoice", period, null, cancellation);
        Show(invoice.RootElement, dashboard.RootElement.GetProperty("projected_total").GetDecimal());

        byte[] pdf = await client.DownloadAsync($"/v1/billing/invoice/{Text(invoice, "id")}/pdf", cancellation);
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, Text(invoice, "invoice_number") + ".pdf");
        await File.WriteAllBytesAsync(path, pdf, cancellation);
        console.MarkupLine("Its PDF:");
        // Not wrapped by the console, so that it can be opened from the terminal.
        console.Profile.Out.Writer.WriteLine(path);
        return path;
    }

    private void Show(JsonElement invoice, decimal projected)
    {
        string currency = invoice.GetProperty("currency").GetString()!;
        Table table = new Table().RoundedBorder()
            .Title(Markup.Escape($"{invoice.GetProperty("invoice_number").GetString()} ({invoice.GetProperty("status").GetString()})"))
            .AddColumn("for").AddColumn(new TableColumn("quantity").RightAligned()).AddColumn("unit")
            .AddColumn(new TableColumn("price").RightAligned()).AddColumn(new TableColumn(currency).RightAligned());
        foreach (JsonElement line in invoice.GetProperty("line_items").EnumerateArray())
        {
            table.AddRow(
                Markup.Escape(line.GetProperty("description").GetString()!), line.GetProperty("quantity").GetRawText(),
                Markup.Escape(line.GetProperty("unit").GetString()!), line.GetProperty("unit_price").GetRawText(),
                Money(line.GetProperty("amount").GetDecimal()));
        }

        table.AddEmptyRow();
        table.AddRow("tax", "", "", "", Money(invoice.GetProperty("tax").GetDecimal()));
        table.AddRow("total so far", "", "", "", Money(invoice.GetProperty("total").GetDecimal()));
        table.AddRow("foretold for the whole period", "", "", "", Money(projected));
        console.Write(table);
    }

    private static string Money(decimal amount) => amount.ToString("N2", CultureInfo.InvariantCulture);

    private static string Text(JsonDocument document, string member) => document.RootElement.GetProperty(member).GetString()!;
}
