using Metering.Simulation.Storing;

namespace Metering.Simulation;

/// <summary>A judge that never finds anything proves nothing: each way to break the system on purpose must be noticed.</summary>
public sealed class SabotageTests
{
    private const ulong FirstSeed = 7_000;
    private const int SeedsMax = 40;

    public static TheoryData<string> Ways => [.. Enum.GetNames<Sabotage>().Where(name => name != nameof(Sabotage.None))];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Judge_notices_a_broken_store(string way)
    {
        int sabotaged = 0;
        for (ulong seed = FirstSeed; seed < FirstSeed + SeedsMax; seed++)
        {
            Outcome outcome = Run.Of(seed, Enum.Parse<Sabotage>(way));
            sabotaged += outcome.Sabotaged;
            if (outcome.Sabotaged > 0 && outcome.Faults.Any(IsVerdict))
                return;
        }

        Assert.Fail($"{way} was done {sabotaged} times in {SeedsMax} seeds and nobody noticed.");
    }

    // A run that only gets stuck was noticed by nobody.
    private static bool IsVerdict(string fault) => !fault.StartsWith(Run.Stuck, StringComparison.Ordinal);
}
