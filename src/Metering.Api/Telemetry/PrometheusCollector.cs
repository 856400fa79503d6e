using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Metering.Api.Telemetry;

/// <summary>
/// Gathers the measurements of this process's meters for <c>GET /metrics</c>: those of the product, and of ASP.NET Core's hosting,
/// Kestrel, Npgsql and the runtime. Bounded: past
/// <see cref="SeriesMax"/> combinations of tags an instrument's further ones are counted together under <c>otel_metric_overflow="true"</c>.
/// </summary>
public sealed class PrometheusCollector : IDisposable
{
    /// <summary>Combinations of tags kept apart, an instrument.</summary>
    public const int SeriesMax = 2_000;

    /// <summary>Upper bounds of buckets where an instrument advises none: seconds, as OpenTelemetry's convention for durations has
    /// them.</summary>
    private static readonly double[] DefaultBounds =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private const string PoolName = "db.client.connection.pool.name";

    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<Instrument, InstrumentSeries> instruments = new();
    private readonly Lock collecting = new();

    /// <summary>Starts to listen to the meters that <paramref name="includes"/> accepts.</summary>
    public PrometheusCollector(Func<Meter, bool> includes)
    {
        listener.InstrumentPublished = (instrument, target) =>
        {
            if (!includes(instrument.Meter) || Kind(instrument) is not { } kind)
                return;
            instruments[instrument] = new InstrumentSeries(instrument, kind);
            target.EnableMeasurementEvents(instrument, instruments[instrument]);
        };
        listener.MeasurementsCompleted = (instrument, _) => instruments.TryRemove(instrument, out InstrumentSeries? _);
        listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => Record(state, (double)value, tags));
        listener.Start();
    }

    /// <summary>The product's own meters, and those of ASP.NET Core's hosting, Kestrel, Npgsql and the runtime.</summary>
    public static bool IncludesProduct(Meter meter) =>
        meter.Name.StartsWith("Metering.", StringComparison.Ordinal)
        || meter.Name is "Microsoft.AspNetCore.Hosting" or "Microsoft.AspNetCore.Server.Kestrel" or "Npgsql" or "System.Runtime";

    /// <summary>Everything measured, in the text format; observable instruments are asked now.</summary>
    public string Collect()
    {
        var text = new PrometheusText();
        lock (collecting)
        {
            listener.RecordObservableInstruments();
            foreach (var group in instruments.Values.GroupBy(series => series.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                var first = group.First();
                text.Metric(first.Name, first.Type, first.Help);
                foreach (var series in group.SelectMany(instrument => instrument.All).DistinctBy(series => series.Labels)
                    .OrderBy(series => series.Labels, StringComparer.Ordinal))
                    series.Write(text, first.Name);
            }
        }

        return text.ToString();
    }

    /// <inheritdoc />
    public void Dispose() => listener.Dispose();

    private static void Record(object? state, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((InstrumentSeries)state!).Record(value, tags);

    private static MetricKind? Kind(Instrument instrument)
    {
        var type = instrument.GetType();
        if (!type.IsGenericType)
            return null;
        var definition = type.GetGenericTypeDefinition();
        if (definition == typeof(Counter<>))
            return MetricKind.Counter;
        if (definition == typeof(ObservableCounter<>))
            return MetricKind.ObservedCounter;
        if (definition == typeof(UpDownCounter<>))
            return MetricKind.UpDownCounter;
        if (definition == typeof(Histogram<>))
            return MetricKind.Histogram;
        return definition == typeof(ObservableUpDownCounter<>) || definition == typeof(ObservableGauge<>) || definition == typeof(Gauge<>)
            ? MetricKind.Gauge
            : null;
    }

    private static double[] Bounds(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised.Select(bound => (double)bound)],
        _ => DefaultBounds,
    };

    private enum MetricKind
    {
        Counter,
        ObservedCounter,
        UpDownCounter,
        Gauge,
        Histogram,
    }

    private sealed class InstrumentSeries(Instrument instrument, MetricKind kind)
    {
        private readonly ConcurrentDictionary<string, MetricSeries> series = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], MetricSeries> known = new(TagComparer.Instance);

        public string Name { get; } = PrometheusText.MetricName(
            instrument.Name, instrument.Unit, kind is MetricKind.Counter or MetricKind.ObservedCounter, kind == MetricKind.Gauge);

        public string Type { get; } = kind switch
        {
            MetricKind.Counter or MetricKind.ObservedCounter => "counter",
            MetricKind.Histogram => "histogram",
            _ => "gauge",
        };

        public string? Help { get; } = instrument.Description;

        public IEnumerable<MetricSeries> All => series.Values;

        public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (known.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>().TryGetValue(tags, out var found))
                found.Record(value);
            else
                Find(tags.ToArray()).Record(value);
        }

        /// <summary>The series of tags that were not seen before; past the bound those are not kept either.</summary>
        private MetricSeries Find(KeyValuePair<string, object?>[] tags)
        {
            var labels = PrometheusText.Labels([.. tags.Select(WithoutConnectionString)]);
            if (!series.TryGetValue(labels, out var found))
            {
                if (series.Count >= SeriesMax)
                    labels = "otel_metric_overflow=\"true\"";
                found = series.GetOrAdd(labels, Make);
            }

            if (known.Count < SeriesMax)
                known[tags] = found;
            return found;
        }

        /// <summary>Npgsql names a pool that was given no name by its connection string, and anybody may read these metrics.</summary>
        private static KeyValuePair<string, object?> WithoutConnectionString(KeyValuePair<string, object?> tag) =>
            tag is { Key: PoolName, Value: string name } && name.Contains('=') ? new(PoolName, "unnamed") : tag;

        private MetricSeries Make(string labels) => kind switch
        {
            MetricKind.Counter or MetricKind.UpDownCounter => new SumSeries(labels),
            MetricKind.Histogram => new HistogramSeries(labels, Bounds(instrument)),
            _ => new LastSeries(labels),
        };
    }
}
