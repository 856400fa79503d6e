using System.Text;

namespace Metering.Benchmarks.Peers;

/// <summary>The prices, by provider and model: one lookup an event, as in a compiled catalogue.</summary>
internal static class PeerPrices
{
    /// <summary>0.01 credit a token, in nano-credits.</summary>
    public const long NanoAToken = 10_000_000;

    private static readonly string[] _models =
    [
        "OPENAI/gpt-4-turbo", "OPENAI/gpt-4o", "OPENAI/gpt-4o-mini",
        "ANTHROPIC/claude-3-sonnet", "ANTHROPIC/claude-3-opus", "GOOGLE/gemini-1.5-pro",
    ];

    private static readonly Dictionary<string, short>.AlternateLookup<ReadOnlySpan<char>> _numbers = _models
        .Select((name, number) => KeyValuePair.Create(name, (short)number))
        .ToDictionary(StringComparer.Ordinal)
        .GetAlternateLookup<ReadOnlySpan<char>>();

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
    public static long Amount(int inputTokens, int outputTokens) => ((long)inputTokens + outputTokens) * NanoAToken;
}
