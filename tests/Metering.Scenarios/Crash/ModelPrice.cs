namespace Metering.Scenarios.Crash;

/// <summary>
/// A model and what a token of it costs, in credits: copied from the shipped catalogue by hand, so that nothing of the product judges
/// itself.
/// </summary>
internal sealed record ModelPrice(string Provider, string Model, decimal Input, decimal Output)
{
    public static readonly IReadOnlyList<ModelPrice> All =
    [
        new("OPENAI", "gpt-4-turbo", 0.01m, 0.01m),
        new("OPENAI", "gpt-4o", 0.0025m, 0.01m),
        new("OPENAI", "text-embedding-3-small", 0.00002m, 0m),
        new("ANTHROPIC", "claude-3-sonnet", 0.003m, 0.015m),
        new("GOOGLE", "gemini-1.5-flash", 0.000075m, 0.0003m),
    ];

    public decimal Credits(int input, int output) => input * Input + output * Output;
}
