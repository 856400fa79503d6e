using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Metering.Scenarios.Crash;

/// <summary>An event as a client made it, and what it was told about it. The log's lock guards what changes.</summary>
internal sealed class SentEvent(string id, string customer, ModelPrice price, int input, int output, DateTimeOffset? time)
{
    public const string Source = "/crash/client";
    public const string Type = "TOKEN_USAGE";

    public string Id { get; } = id;

    public string Customer { get; } = customer;

    public ModelPrice Price { get; } = price;

    public int Input { get; } = input;

    public int Output { get; } = output;

    /// <summary>The time it carries; null leaves it to the server.</summary>
    public DateTimeOffset? Time { get; } = time;

    /// <summary>What it has to cost.</summary>
    public decimal Credits { get; } = price.Credits(input, output);

    /// <summary>Whether any answer said that it counted, now or before.</summary>
    public bool Acknowledged { get; set; }

    /// <summary>Whether an answer said that this very request counted it.</summary>
    public bool Accepted { get; set; }

    /// <summary>When it was taken, as the first answer that said so had it.</summary>
    public string? At { get; set; }

    /// <summary>Place in the log's order at which it was first known to be counted.</summary>
    public long AcknowledgedAt { get; set; } = long.MaxValue;

    /// <summary>The newest refusal.</summary>
    public string? Refused { get; set; }

    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["specversion"] = "1.0", ["id"] = Id, ["source"] = Source, ["type"] = Type, ["subject"] = Customer,
            ["data"] = new JsonObject
            {
                ["provider"] = Price.Provider, ["model"] = Price.Model, ["input_tokens"] = Input, ["output_tokens"] = Output,
            },
        };
        if (Time is { } time)
            json["time"] = time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        return json;
    }

    /// <summary>As its own JSON text.</summary>
    public static string Batch(IEnumerable<SentEvent> events) =>
        JsonSerializer.Serialize(new JsonArray([.. events.Select(sent => sent.ToJson())]));
}
