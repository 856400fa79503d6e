namespace Metering.Server.Replay;

/// <summary>
/// How the rows of a file become events. The defaults fit the Azure LLM inference traces (<c>TIMESTAMP,ContextTokens,GeneratedTokens</c>).
/// </summary>
internal sealed record ReplayPlan
{
    /// <summary>The file.</summary>
    public required string File { get; init; }

    /// <summary>The type of the events.</summary>
    public string Type { get; init; } = "TOKEN_USAGE";

    /// <summary>The column with the time: RFC 3339, or <c>2023-11-16 18:17:03.97</c>, which is taken as UTC.</summary>
    public string TimeColumn { get; init; } = "TIMESTAMP";

    /// <summary>Properties of the events, each with the column it comes from.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Map { get; init; } =
        [new("input_tokens", "ContextTokens"), new("output_tokens", "GeneratedTokens")];

    /// <summary>Properties that are the same in all events.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Constants { get; init; } = [new("provider", "OPENAI"), new("model", "gpt-4-turbo")];

    /// <summary>Who used it; made, with <see cref="Credits"/>, where there is no such customer.</summary>
    public string Customer { get; init; } = "replay";

    /// <summary>The plan of a customer that is made.</summary>
    public string Plan { get; init; } = "llm-prepaid";

    /// <summary>The credits of a customer that is made.</summary>
    public string Credits { get; init; } = "1000000";

    /// <summary>Whether times stay as they are; otherwise all move by the same span so that the last row is now.</summary>
    public bool KeepTimes { get; init; }

    /// <summary>Events a request.</summary>
    public int BatchSize { get; init; } = 500;
}
