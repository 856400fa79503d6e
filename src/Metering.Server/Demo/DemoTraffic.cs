using Metering.Core.Time;
using Metering.Server.Client;

namespace Metering.Server.Demo;

/// <summary>
/// One day of traffic from a seed: a daily curve for each customer, bursts of some minutes, log-normal token counts, clients that send
/// an event again and now and then with another body. The ids depend on the seed and the number of events alone,
/// so sending the day again is all duplicates.
/// </summary>
internal sealed class DemoTraffic(int seed, int events)
{
    private const int Minutes = 24 * 60;
    private const double RetryChance = 0.015;
    private const double OtherBodyChance = 0.15;

    private static readonly ((string Path, string Method, int MedianMilliseconds) Item, int Weight)[] endpoints =
    [
        (("/v1/route", "GET", 38), 40), (("/v1/geocode", "GET", 21), 30), (("/v1/tiles", "GET", 9), 20), (("/v1/matrix", "POST", 180), 7),
        (("/v1/places", "PUT", 55), 3),
    ];

    private readonly Dice dice = new(seed);

    /// <summary>The source of all events.</summary>
    public string Source { get; } = $"urn:metering:demo:{seed}:{events}";

    /// <summary>The day's events in the order in which they are sent; the last one happens at its end.</summary>
    public IReadOnlyList<UsageEvent> Day(Instant end)
    {
        Instant start = end - TimeSpan.FromMinutes(Minutes);
        var sends = new List<(Instant SentAt, UsageEvent Event)>(events + events / 32);
        int weights = DemoCustomer.All.Sum(customer => customer.Weight);
        foreach (DemoCustomer customer in DemoCustomer.All)
            AddDay(sends, customer, (double)events * customer.Weight / weights, start);
        return [.. sends.OrderBy(send => send.SentAt.UnixMicroseconds).ThenBy(send => send.Event.Id, StringComparer.Ordinal)
            .Select(send => send.Event)];
    }

    private void AddDay(List<(Instant SentAt, UsageEvent Event)> sends, DemoCustomer customer, double expected, Instant start)
    {
        double[] curve = Curve(customer.PeakHour, start);
        double scale = expected / curve.Sum();
        int number = 0;
        for (int minute = 0; minute < Minutes; minute++)
        {
            for (int count = dice.Count(curve[minute] * scale); count > 0; count--)
            {
                Instant at = start + TimeSpan.FromMicroseconds(minute * 60_000_000L + dice.Below(60_000_000));
                number++;
                UsageEvent item = Make(customer, number, at);
                sends.Add((at, item));
                if (dice.Chance(RetryChance))
                    sends.Add((at + TimeSpan.FromMilliseconds(200 + dice.Below(30_000)), Again(item)));
            }
        }
    }

    /// <summary>
    /// How busy each minute is: low at night, high around the peak, and several bursts, as batch jobs and campaigns make them.
    /// </summary>
    private double[] Curve(int peakHour, Instant start)
    {
        var curve = new double[Minutes];
        double firstHour = start.ToUtcDateTime().TimeOfDay.TotalHours;
        for (int minute = 0; minute < Minutes; minute++)
        {
            double phase = (firstHour + minute / 60.0 - peakHour) / 24 * 2 * Math.PI;
            curve[minute] = 0.12 + Math.Pow((1 + Math.Cos(phase)) / 2, 2);
        }

        for (int burst = 6 + dice.Below(5); burst > 0; burst--)
        {
            int first = dice.Below(Minutes);
            int last = Math.Min(Minutes, first + 2 + dice.Below(13));
            double factor = 3 + dice.Below(6);
            for (int minute = first; minute < last; minute++)
                curve[minute] *= factor;
        }

        return curve;
    }

    private UsageEvent Make(DemoCustomer customer, int number, Instant at)
    {
        string id = $"{customer.Id}-{number:D6}";
        switch (customer.Kind)
        {
            case DemoTrafficKind.Models:
                DemoModel model = dice.Pick(customer.Models);
                return new UsageEvent(id, Source, "TOKEN_USAGE", customer.Id, at,
                [
                    EventProperty.Text("provider", model.Provider), EventProperty.Text("model", model.Name),
                    EventProperty.Number("input_tokens", dice.LongTailed(customer.InputMedian, 1.1, 128_000)),
                    EventProperty.Number("output_tokens", dice.LongTailed(180, 1.0, 8_192)),
                ]);
            case DemoTrafficKind.Calls:
                (string endpoint, string method, int median) = dice.Pick(endpoints);
                int status = dice.Chance(0.985) ? 200 : dice.Chance(0.7) ? 404 : 500;
                EventProperty[] data =
                [
                    EventProperty.Text("endpoint", endpoint), EventProperty.Text("method", method),
                    EventProperty.Number("status_code", status),
                    EventProperty.Number("response_time_ms", dice.LongTailed(median, 0.7, 30_000)),
                ];
                return new UsageEvent(id, Source, "api.call", customer.Id, at, data);
            case DemoTrafficKind.Meetings:
                EventProperty minutes = EventProperty.Number("quantity", dice.LongTailed(2, 0.6, 60));
                return new UsageEvent(id, Source, "usage.participant_minutes", customer.Id, at, [minutes]);
            default:
                throw new InvalidOperationException($"{customer.Id} sends nothing by itself.");
        }
    }

    /// <summary>An event as its client sends it again; a faulty client gives its last number one digit more.</summary>
    private UsageEvent Again(UsageEvent item)
    {
        if (!dice.Chance(OtherBodyChance))
            return item;
        EventProperty[] data = [.. item.Data];
        EventProperty last = data[^1];
        data[^1] = last with { Value = last.Value + "1" };
        return item with { Data = data };
    }
}
