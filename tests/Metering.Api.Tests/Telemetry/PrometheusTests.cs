using System.Diagnostics.Metrics;
using Metering.Api.Telemetry;

namespace Metering.Api.Tests.Telemetry;

public sealed class PrometheusTests
{
    [Theory]
    [InlineData("http.server.request.duration", "s", false, false, "http_server_request_duration_seconds")]
    [InlineData("metering.journal.io", "By", true, false, "metering_journal_io_bytes_total")]
    [InlineData("metering.events", "{event}", true, false, "metering_events_total")]
    [InlineData("cache.hit", "1", false, true, "cache_hit_ratio")]
    [InlineData("9lives", null, false, false, "_9lives")]
    public void Names_follow_the_mapping_of_opentelemetry(string name, string? unit, bool isCounter, bool isGauge, string expected) =>
        Assert.Equal(expected, PrometheusText.MetricName(name, unit, isCounter, isGauge));

    [Fact]
    public void Every_kind_of_instrument_is_written_and_escaped()
    {
        using var meter = new Meter("Test." + Guid.NewGuid());
        using var collector = new PrometheusCollector(other => other.Name == meter.Name);
        Counter<long> counter = meter.CreateCounter<long>("jobs", "{job}", "Jobs\\done\nso far");
        counter.Add(2, new KeyValuePair<string, object?>("kind", "a\"b\\c\nd"));
        counter.Add(3, new KeyValuePair<string, object?>("kind", "a\"b\\c\nd"));
        UpDownCounter<int> open = meter.CreateUpDownCounter<int>("open");
        open.Add(5);
        open.Add(-2);
        meter.CreateObservableGauge("lag", () => 1.5, "s");
        meter.CreateObservableCounter("seen", () => 7L);
        Histogram<double> took = meter.CreateHistogram(
            "took", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        took.Record(0.1);
        took.Record(0.5);
        took.Record(9);

        Assert.Equal(
            """
            # HELP jobs_total Jobs\\done\nso far
            # TYPE jobs_total counter
            jobs_total{kind="a\"b\\c\nd"} 5
            # TYPE lag_seconds gauge
            lag_seconds 1.5
            # TYPE open gauge
            open 3
            # TYPE seen_total counter
            seen_total 7
            # TYPE took_seconds histogram
            took_seconds_bucket{le="0.1"} 1
            took_seconds_bucket{le="1"} 2
            took_seconds_bucket{le="+Inf"} 3
            took_seconds_sum 9.6
            took_seconds_count 3

            """,
            collector.Collect());
    }

    [Fact]
    public void A_connection_string_is_never_shown()
    {
        using var meter = new Meter("Test." + Guid.NewGuid());
        using var collector = new PrometheusCollector(other => other.Name == meter.Name);
        Counter<long> counter = meter.CreateCounter<long>("opened");
        counter.Add(1, new KeyValuePair<string, object?>("db.client.connection.pool.name", "Host=db7.internal;Username=billing"));
        counter.Add(1, new KeyValuePair<string, object?>("db.client.connection.pool.name", "journal metering a1b2c3"));
        string text = collector.Collect();
        Assert.Contains("opened_total{db_client_connection_pool_name=\"unnamed\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("opened_total{db_client_connection_pool_name=\"journal metering a1b2c3\"} 1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("db7", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Combinations_of_tags_are_bounded()
    {
        using var meter = new Meter("Test." + Guid.NewGuid());
        using var collector = new PrometheusCollector(other => other.Name == meter.Name);
        Counter<long> counter = meter.CreateCounter<long>("many");
        for (int i = 0; i < PrometheusCollector.SeriesMax + 10; i++)
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        Assert.Contains("many_total{otel_metric_overflow=\"true\"} 10\n", collector.Collect(), StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_are_told_apart_by_their_values_whatever_their_type_and_seen_again_allocate_nothing()
    {
        using var meter = new Meter("Test." + Guid.NewGuid());
        using var collector = new PrometheusCollector(other => other.Name == meter.Name);
        Counter<long> counter = meter.CreateCounter<long>("asked");
        object ok = 200;
        for (int i = 0; i < 2; i++)
            counter.Add(1, new KeyValuePair<string, object?>("route", new string("/a")), new KeyValuePair<string, object?>("status", ok));
        counter.Add(1, new KeyValuePair<string, object?>("route", "/b"), new KeyValuePair<string, object?>("status", 200));
        counter.Add(1, new KeyValuePair<string, object?>("status", 200));
        counter.Add(1, new KeyValuePair<string, object?>("status", "200"), new KeyValuePair<string, object?>("open", null));

        long before = GC.GetAllocatedBytesForCurrentThread();
        counter.Add(1, new KeyValuePair<string, object?>("route", "/b"), new KeyValuePair<string, object?>("status", ok));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        string text = collector.Collect();
        Assert.Contains("asked_total{route=\"/a\",status=\"200\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("asked_total{route=\"/b\",status=\"200\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("asked_total{status=\"200\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("asked_total{status=\"200\",open=\"\"} 1\n", text, StringComparison.Ordinal);
        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Nothing_is_lost_when_many_threads_count()
    {
        using var meter = new Meter("Test." + Guid.NewGuid());
        using var collector = new PrometheusCollector(other => other.Name == meter.Name);
        Counter<long> counter = meter.CreateCounter<long>("hits");
        Parallel.For(0, 10_000, i => counter.Add(1, new KeyValuePair<string, object?>("lane", i % 3)));
        Assert.Contains("hits_total{lane=\"0\"} 3334\n", collector.Collect(), StringComparison.Ordinal);
    }
}
