using System.Diagnostics;

namespace Metering.Benchmarks.Run;

/// <summary>
/// How long a run may take, from the start of this process, and what of it is left. Everything that is planned is named with what it
/// takes; when it does not fit any more, measured times are shortened, all of what is left by the same factor, and what does not fit even
/// then is left out. Both are said in the report. What a run is worth nothing without is never left out: the others leave time for it.
/// </summary>
internal sealed class TimeLimit(double seconds)
{
    /// <summary>The least a measured time is shortened to.</summary>
    private const double LeastFactor = 0.4;

    /// <summary>How far past the limit a run is broken off.</summary>
    private const double ForceAfterSeconds = 8;

    private readonly long started = Stopwatch.GetTimestamp() - (long)(
        (DateTime.Now - Process.GetCurrentProcess().StartTime).TotalSeconds * Stopwatch.Frequency);
    private readonly List<Planned> left = [];
    private readonly List<string> shortened = [];
    private readonly List<string> cuts = [];
    private double slowness = 1;

    /// <summary>Gone so far.</summary>
    public double Elapsed => Stopwatch.GetElapsedTime(started).TotalSeconds;

    /// <summary>Until a run that planning could not hold is broken off.</summary>
    public TimeSpan LeftUntilForce => TimeSpan.FromSeconds(Math.Max(1, seconds + ForceAfterSeconds - Elapsed));

    /// <summary>What is not to be used by anything planned: the report, and what a check takes the longer the more there is to
    /// check.</summary>
    public Func<double> Reserve { get; set; } = static () => 5;

    /// <summary>What was shortened or left out, in words.</summary>
    public IReadOnlyList<string> Cuts => shortened.Count == 0
        ? cuts
        : [$"measured times shortened: {string.Join("; ", shortened)}", .. cuts];

    /// <summary>Plans a step.</summary>
    /// <param name="name">A name of its own.</param>
    /// <param name="fixedSeconds">What it takes whatever it measures.</param>
    /// <param name="measuredSeconds">What can be shortened.</param>
    /// <param name="isVital">Whether it is run however little time is left.</param>
    public void Plan(string name, double fixedSeconds, double measuredSeconds, bool isVital = false) =>
        left.Add(new(name, fixedSeconds, measuredSeconds, isVital));

    /// <summary>Runs a step, or says that there is no time for it.</summary>
    /// <param name="name">As planned.</param>
    /// <param name="run">Given the factor for measured times.</param>
    public async Task RunAsync(string name, Func<double, Task> run)
    {
        Planned step = left.Find(planned => planned.Name == name) ?? throw new ArgumentException($"{name} is not planned.", nameof(name));
        double available = seconds - Elapsed - Reserve();
        double fixedAll = left.Sum(FixedOf);
        double measuredAll = left.Sum(planned => planned.MeasuredSeconds);
        double factor = measuredAll == 0 ? 1 : Math.Clamp((available - fixedAll) / measuredAll, LeastFactor, 1);
        left.Remove(step);
        double needed = FixedOf(step) + (step.MeasuredSeconds * factor);
        available -= left.Where(planned => planned.IsVital).Sum(FixedOf);
        if (needed > available && !step.IsVital)
        {
            Cut($"{name}: left out, {Math.Max(0, available):0} s were left and it takes {needed:0} s");
            return;
        }

        if (factor < 0.995 && step.MeasuredSeconds > 0)
            shortened.Add(FormattableString.Invariant($"{name} to {factor:P0}"));
        double began = Elapsed;
        await run(factor);
        double over = Elapsed - began - (step.MeasuredSeconds * factor);
        // Moves towards what was seen, slowly: steps differ. Steps that measure nothing depend on other things than the machine.
        if (step.MeasuredSeconds > 0)
            slowness = Math.Clamp((0.7 * slowness) + (0.3 * over / step.FixedSeconds), 0.5, 5);
    }

    /// <summary>Forgets steps that need one that was left out.</summary>
    public void LeaveOut(Func<string, bool> which) => left.RemoveAll(planned => which(planned.Name));

    /// <summary>Notes what was left out, and says it.</summary>
    public void Cut(FormattableString cut)
    {
        string text = FormattableString.Invariant(cut);
        cuts.Add(text);
        Bench.Say(text);
    }

    // How slow the machine is shows in what is measured.
    private double FixedOf(Planned planned) => planned.FixedSeconds * (planned.MeasuredSeconds > 0 ? slowness : 1);

    private sealed record Planned(string Name, double FixedSeconds, double MeasuredSeconds, bool IsVital);
}
