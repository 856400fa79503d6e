namespace Metering.Api.Telemetry;

/// <summary>What one instrument has recorded for one combination of tags.</summary>
internal abstract class MetricSeries(string labels)
{
    /// <summary>The tags, escaped.</summary>
    public string Labels { get; } = labels;

    /// <summary>Takes one measurement.</summary>
    public abstract void Record(double value);

    /// <summary>Writes its samples.</summary>
    public abstract void Write(PrometheusText text, string name);
}

/// <summary>Adds measurements up.</summary>
internal sealed class SumSeries(string labels) : MetricSeries(labels)
{
    private readonly Lock guard = new();
    private double sum;

    public override void Record(double value)
    {
        lock (guard)
            sum += value;
    }

    public override void Write(PrometheusText text, string name)
    {
        lock (guard)
            text.Sample(name, Labels, sum);
    }
}

/// <summary>Keeps the newest measurement: gauges, and observable instruments, which report totals.</summary>
internal sealed class LastSeries(string labels) : MetricSeries(labels)
{
    private double last;

    public override void Record(double value) => Volatile.Write(ref last, value);

    public override void Write(PrometheusText text, string name) => text.Sample(name, Labels, Volatile.Read(ref last));
}

/// <summary>Counts measurements by bucket; a bound is inclusive.</summary>
internal sealed class HistogramSeries(string labels, double[] bounds) : MetricSeries(labels)
{
    private readonly Lock guard = new();
    private readonly long[] counts = new long[bounds.Length + 1];
    private double sum;

    public override void Record(double value)
    {
        var at = Array.BinarySearch(bounds, value);
        lock (guard)
        {
            counts[at < 0 ? ~at : at]++;
            sum += value;
        }
    }

    public override void Write(PrometheusText text, string name)
    {
        lock (guard)
            text.Histogram(name, Labels, bounds, counts, sum);
    }
}
