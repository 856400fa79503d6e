namespace Metering.Server.Keys;

/// <summary>Shows a new operator's key, the only time it is known.</summary>
internal static class OperatorKeyNotice
{
    public static void Show(string secret) =>
        Console.WriteLine($"The operator's key, shown this once (only its hash is kept): {secret}");
}
