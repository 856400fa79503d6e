using System.Globalization;
using System.Text;
using System.Text.Json;
using Metering.TestSupport;

namespace Metering.Benchmarks.Peers;

/// <summary>
/// The prices of the shipped catalogue of language models, by provider and model, in nano-credits a token: one look-up an event.
/// </summary>
internal static class PeerPrices
{
    private const decimal NanoACredit = 1_000_000_000;

    private static readonly List<(long Input, long Output)> _prices = [];
    private static readonly Dictionary<string, short>.AlternateLookup<ReadOnlySpan<char>> _numbers = Load();

    /// <summary>The number of a price, when there is one.</summary>
    public static bool TryFind(ReadOnlySpan<byte> provider, ReadOnlySpan<byte> model, out short number)
    {
        number = 0;
        Span<char> name = stackalloc char[96];
        if (provider.Length + model.Length + 1 > name.Length)
            return false;
        int length = Encoding.UTF8.GetChars(provider, name);
        name[length++] = '/';
        length += Encoding.UTF8.GetChars(model, name[length..]);
        return _numbers.TryGetValue(name[..length], out number);
    }

    /// <summary>What an event costs, in nano-credits.</summary>
    public static long Amount(short number, int inputTokens, int outputTokens) =>
        checked((inputTokens * _prices[number].Input) + (outputTokens * _prices[number].Output));

    private static Dictionary<string, short>.AlternateLookup<ReadOnlySpan<char>> Load()
    {
        using JsonDocument catalogue = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(Repository.Root, "silo-config", "catalog", "llm.json")));
        JsonElement plan = catalogue.RootElement.GetProperty("plans").EnumerateArray()
            .First(plan => plan.GetProperty("id").ValueEquals("llm-prepaid"));
        Dictionary<string, long> inputs = Cells(plan, "llm_input_tokens");
        Dictionary<string, long> outputs = Cells(plan, "llm_output_tokens");
        var numbers = new Dictionary<string, short>(StringComparer.Ordinal);
        foreach ((string name, long input) in inputs)
        {
            numbers.Add(name, (short)_prices.Count);
            _prices.Add((input, outputs[name]));
        }

        return numbers.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    private static Dictionary<string, long> Cells(JsonElement plan, string meter) =>
        plan.GetProperty("charges").EnumerateArray()
            .First(charge => charge.GetProperty("meter").ValueEquals(meter))
            .GetProperty("cells").EnumerateArray()
            .ToDictionary(
                cell => $"{cell.GetProperty("match").GetProperty("provider")}/{cell.GetProperty("match").GetProperty("model")}",
                cell => (long)(decimal.Parse(cell.GetProperty("unit_price").GetString()!, CultureInfo.InvariantCulture) * NanoACredit),
                StringComparer.Ordinal);
}
