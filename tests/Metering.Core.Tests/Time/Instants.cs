using FsCheck;
using FsCheck.Fluent;
using Metering.Core.Time;

namespace Metering.Core.Tests.Time;

internal static class Instants
{
    /// <summary>Over all the years there are.</summary>
    public static readonly Gen<Instant> Any =
        from day in Gen.Choose(-719_162, 2_932_895)
        from instant in OnDay(day)
        select instant;

    /// <summary>Where the rules of time zones have changed most.</summary>
    public static readonly Gen<Instant> From1965To2040 =
        from day in Gen.Choose(-1_826, 25_567)
        from instant in OnDay(day)
        select instant;

    public static Instant At(string text) => Instant.TryParseRfc3339(text, out var instant) ? instant : throw new FormatException(text);

    private static Gen<Instant> OnDay(int day) =>
        from second in Gen.Choose(0, 86_399)
        from microsecond in Gen.OneOf(Gen.Constant(0), Gen.Choose(0, 999_999))
        select Instant.FromUnixMicroseconds(((day * 86_400L) + second) * Instant.MicrosecondsPerSecond + microsecond);
}
