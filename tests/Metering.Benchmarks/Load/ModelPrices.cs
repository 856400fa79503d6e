using System.Text.Json;

namespace Metering.Benchmarks.Load;

/// <summary>
/// What a token costs, in nano-credits, read from the catalogue's JSON with nothing of the product, so that the client's account of a run
/// is independent of the server's.
/// </summary>
internal sealed class ModelPrices
{
    public static readonly (string Provider, string Model)[] Models =
    [
        ("OPENAI", "gpt-4o"), ("OPENAI", "gpt-4o-mini"), ("ANTHROPIC", "claude-3-sonnet"), ("OPENAI", "gpt-4-turbo"),
        ("OPENAI", "gpt-4o"), ("OPENAI", "gpt-4"), ("ANTHROPIC", "claude-3-opus"), ("OPENAI", "gpt-4o-mini"),
    ];

    public const string Plan = "llm-prepaid";

    private ModelPrices(long[] input, long[] output)
    {
        Input = input;
        Output = output;
    }

    /// <summary>By model, for an input token.</summary>
    public long[] Input { get; }

    /// <summary>By model, for an output token.</summary>
    public long[] Output { get; }

    public static ModelPrices Read(string file)
    {
        using JsonDocument catalogue = JsonDocument.Parse(File.ReadAllBytes(file));
        JsonElement plan = catalogue.RootElement.GetProperty("plans").EnumerateArray()
            .Single(plan => plan.GetProperty("id").GetString() == Plan);
        return new ModelPrices(Of(plan, "llm_input_tokens"), Of(plan, "llm_output_tokens"));
    }

    private static long[] Of(JsonElement plan, string meter)
    {
        JsonElement charge = plan.GetProperty("charges").EnumerateArray()
            .Single(charge => charge.GetProperty("meter").GetString() == meter);
        return [.. Models.Select(wanted => charge.GetProperty("cells").EnumerateArray()
            .Where(cell => cell.GetProperty("match").GetProperty("provider").GetString() == wanted.Provider
                && cell.GetProperty("match").GetProperty("model").GetString() == wanted.Model)
            .Select(cell => (long)(decimal.Parse(cell.GetProperty("unit_price").GetString()!,
                System.Globalization.CultureInfo.InvariantCulture) * 1_000_000_000m))
            .Single())];
    }
}
