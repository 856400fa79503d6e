namespace Metering.Benchmarks.Run;

/// <summary>A cell of the report: what it takes, and how it is run.</summary>
/// <param name="Name">By which <c>--only</c> names it.</param>
/// <param name="FixedSeconds">What it takes whatever is measured.</param>
/// <param name="MeasuredSeconds">Its measured times.</param>
/// <param name="RunAsync">Runs it; the number is the factor its measured times are shortened by.</param>
internal sealed record Cell(string Name, double FixedSeconds, double MeasuredSeconds, Func<Bench, double, Task> RunAsync)
{
    /// <summary>A cell that is nothing but a job in turns.</summary>
    public static Cell Of(Turns turns) => new(
        turns.Name, turns.FixedSeconds, turns.MeasuredSeconds,
        (bench, factor) => bench.MeasureAsync(turns with { Seconds = turns.Seconds * factor }));
}
