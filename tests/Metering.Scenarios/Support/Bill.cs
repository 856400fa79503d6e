using System.Text.Json;
using Metering.Core.Money;

namespace Metering.Scenarios.Support;

/// <summary>An invoice as the API shows it.</summary>
internal sealed record Bill(JsonElement Json)
{
    public string Id => Text("id");

    public string Status => Text("status");

    public string Digest => Text("digest");

    public string Total => Amount("total");

    public string Tax => Amount("tax");

    /// <summary>Kind and amount of each line, in order.</summary>
    public string[] Lines =>
        [.. Json.GetProperty("line_items").EnumerateArray().Select(line => $"{line.GetProperty("kind")} {line.Amount("amount")}")];

    public string Text(string member) => Json.GetProperty(member).ToString();

    public string Amount(string member) => Json.Amount(member);

    public static Bill Of(Answer answer) => new(answer.Body);
}
