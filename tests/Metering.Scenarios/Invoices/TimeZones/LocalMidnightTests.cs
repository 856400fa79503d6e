using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.TimeZones;

public sealed class LocalMidnightTests
{
    [Theory]
    // The clocks went on by an hour on 4 November: 719 hours, of which 360 are paid for.
    [InlineData("America/Sao_Paulo", "2018-11", "2018-11-01T03:00:00Z", "2018-11-16T02:00:00Z", "2018-12-01T02:00:00Z", "24.53")]
    // There was no 30 December: from UTC-10 to UTC+14, 30 days in the month, of which 15 are paid for.
    [InlineData("Pacific/Apia", "2011-12", "2011-12-01T10:00:00Z", "2011-12-16T10:00:00Z", "2011-12-31T10:00:00Z", "24.5")]
    // 31 days, of which 16 are paid for: 25.2903...
    [InlineData("Asia/Kolkata", "2025-05", "2025-04-30T18:30:00Z", "2025-05-15T18:30:00Z", "2025-05-31T18:30:00Z", "25.29")]
    public async Task Periods_begin_and_end_at_local_midnight(
        string zone, string label, string start, string half, string end, string halfFee)
    {
        await using var session = await Session.StartAsync(At(start));
        BillingServer server = session.Server;
        string whole = await server.CustomerAsync("media-pro", zone: zone);
        await server.UseAsync(whole, "usage.participant_minutes", 1_000, At(start));
        server.Clock.MoveTo(At(half));
        string part = await server.CustomerAsync("media-pro", zone: zone);
        // The last second of the period, sent within the grace, and the first of the next one.
        server.Clock.MoveTo(At(end).AddMinutes(30));
        await server.UseAsync(whole, "usage.participant_minutes", 500, At(end).AddSeconds(-1));
        await server.UseAsync(whole, "usage.participant_minutes", 100_000 - 1_500, At(end));
        server.Clock.MoveTo(At(end).AddMinutes(60));

        Bill bill = await server.IssuedAsync(whole, label);

        Assert.Equal((At(start), At(end)), (Time(bill, "period_start"), Time(bill, "period_end")));
        Assert.Equal(["usage 6", "base_fee 49"], bill.Lines);
        Assert.Equal([$"base_fee {halfFee}"], (await server.IssuedAsync(part, label)).Lines);
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(Bill bill, string member) => bill.Json.GetProperty(member).GetDateTimeOffset();

    private sealed record Session(BillingServer Server) : IAsyncDisposable
    {
        public static async Task<Session> StartAsync(DateTimeOffset start) => new(await BillingServer.StartAsync(start));

        public async ValueTask DisposeAsync() => await Server.DisposeAsync();
    }
}
