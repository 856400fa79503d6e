using FsCheck;
using FsCheck.Fluent;

namespace Metering.Core.Tests;

/// <summary>Runs a property over generated input; a failure shows the shrunk input and the seed.</summary>
internal static class Check
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(1_000);

    public static void Holds<T>(Gen<T> input, Func<T, bool> property) =>
        FsCheck.Check.One(Thorough, Prop.ForAll(input.ToArbitrary(), property));

    public static void Holds<T1, T2>(Gen<T1> first, Gen<T2> second, Func<T1, T2, bool> property) =>
        FsCheck.Check.One(Thorough, Prop.ForAll(first.ToArbitrary(), second.ToArbitrary(), property));
}
