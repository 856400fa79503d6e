using System.Text;
using Metering.Api.Events;
using Metering.Grid.Ingest;
using static Metering.Api.Tests.Events.EventTexts;

namespace Metering.Api.Tests.Events;

/// <summary>Random damage to good bodies: whatever comes, it is read or refused, and slices stay within the text.</summary>
public sealed class EventFuzzTests
{
    private const int Rounds = 20_000;

    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "\\udc00", "null",
        "true", "1e400", "-", "0.", "\"id\":", "\"data\":", "{}", " ",
        "\u00e9", "\"type\":\"API_CALL\",", "\"event_id\":", "\"idempotency_key\":\"k\",", "\"metric_name\":\"api_calls\",", "\"\":1,",
    ];

    public static TheoryData<string> Shapes => new("cloud", "ingest", "metric");

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Damaged_body_is_read_or_refused(string shape)
    {
        const int Seed = 20250117;
        var random = new Random(Seed);
        byte[] good = Encoding.UTF8.GetBytes(Good(shape));
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] body = Damage(good, random);
            using EventBatch batch = Fill(body, out TextSlice slice);
            ReadOutcome outcome = shape switch
            {
                "cloud" => EventReader.ReadCloudEvents(batch, slice, Shipped, 100),
                "ingest" => EventReader.ReadIngest(batch, slice, Shipped),
                _ => EventReader.ReadMetrics(batch, slice, Shipped, 100, TimeProvider.System),
            };
            if (outcome.Faults is not null)
            {
                refused++;
                Assert.NotEmpty(outcome.Faults.Listed);
                continue;
            }

            for (int i = 0; i < batch.Count; i++)
            {
                Assert.True(EventReader.IsId(batch.Slice(batch[i].Id)), $"round {round} of seed {Seed}");
                Assert.True(EventReader.IsId(batch.Slice(batch[i].Subject)), $"round {round} of seed {Seed}");
                Assert.True(EventReader.IsId(batch.Slice(batch[i].Type)), $"round {round} of seed {Seed}");
                Assert.NotEqual("", Describe(batch, i));
            }
        }

        Assert.InRange(refused, Rounds / 10, Rounds - 1);
    }

    private static string Good(string shape) => shape switch
    {
        "cloud" =>
            $"[{Event(("time", "\"2025-01-17T14:30:00Z\""))},"
            + $"{Event(("type", "\"api.call\""), ("data", "{\"endpoint\":\"/a\\n\",\"status_code\":404}"))}]",
        "ingest" => """
            {"events":[{"event_id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","customer_id":"c1","event_type":"TOKEN_USAGE",
            "provider":"OPENAI","model":"gpt-4",
            "input_tokens":1,"output_tokens":2,"timestamp":"2025-01-17T14:30:00Z","idempotency_key":"a\u0062"},{"customer_id":"c1",
            "event_id":"7c9e6679-7425-40de-944b-e07fc1f90ae8","event_type":"API_CALL"}]}
            """,
        _ => """
            [{"organization_id":"c1","metric_name":"api_calls","quantity":5},
            {"organization_id":"c1","metric_name":"stor\u0061ge","quantity":"1.5","idempotency_key":"k1","properties":{"a":1}}]
            """,
    };

    private static byte[] Damage(byte[] good, Random random)
    {
        var body = new List<byte>(good);
        for (int times = random.Next(1, 4); times > 0; times--)
        {
            int at = random.Next(body.Count);
            switch (random.Next(5))
            {
                case 0:
                    body[at] = (byte)random.Next(256);
                    break;
                case 1:
                    body.RemoveRange(at, Math.Min(random.Next(1, 12), body.Count - at));
                    break;
                case 2:
                    body.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                case 3:
                    body.InsertRange(random.Next(body.Count), body.GetRange(at, Math.Min(random.Next(1, 80), body.Count - at)));
                    break;
                default:
                    body.RemoveRange(at, body.Count - at);
                    break;
            }

            if (body.Count == 0)
                break;
        }

        return [.. body];
    }
}
