namespace Metering.TestSupport;

/// <summary>
/// How much of what is repeated a run of the tests does: as a rule as much as fits into ten minutes of two cores, with
/// <c>METERING_WHOLE_SUITE=1</c> all of it.
/// </summary>
public static class WholeSuite
{
    /// <summary>Whether all is asked for.</summary>
    public static bool IsAsked { get; } = Environment.GetEnvironmentVariable("METERING_WHOLE_SUITE") is "1";

    /// <summary>A number of repetitions.</summary>
    public static int Of(int usual, int whole) => IsAsked ? whole : usual;
}
