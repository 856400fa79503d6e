using System.Net.Http.Headers;
using System.Text.Json;
using Metering.Core.Money;

namespace Metering.Scenarios.Support;

/// <summary>An HTTP answer, read whole.</summary>
/// <param name="Status">The status.</param>
/// <param name="Body">The JSON body; undefined where there was none.</param>
/// <param name="Headers">The headers.</param>
internal sealed record Answer(int Status, JsonElement Body, HttpResponseHeaders Headers)
{
    /// <summary>The stable code of a problem.</summary>
    public string? Code => Text("code");

    /// <summary>A member as text, whatever it is; null where there is none.</summary>
    public string? Text(string member) =>
        Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(member, out JsonElement value)
            && value.ValueKind != JsonValueKind.Null
            ? value.ToString()
            : null;

    /// <summary>A member as an amount, sent as a string or as a number.</summary>
    public Amount Amount(string member) =>
        Core.Money.Amount.Parse(Text(member) ?? throw new InvalidOperationException($"No '{member}' in {Body}"));

    /// <summary>The rows of a list: the body itself, or its member <c>data</c>, <c>items</c>, <c>results</c> or the one named.</summary>
    public IReadOnlyList<JsonElement> Rows(params string[] members)
    {
        if (Body.ValueKind == JsonValueKind.Array)
            return [.. Body.EnumerateArray()];
        foreach (string member in members)
        {
            if (Body.TryGetProperty(member, out JsonElement rows))
                return [.. rows.EnumerateArray()];
        }

        throw new InvalidOperationException($"No list in {Body}");
    }

    /// <summary>The answer itself, where it has the status; otherwise the test fails and shows the body.</summary>
    public Answer Expect(int status)
    {
        Assert.True(Status == status, $"Expected {status}, got {Status}: {Body}");
        return this;
    }
}
