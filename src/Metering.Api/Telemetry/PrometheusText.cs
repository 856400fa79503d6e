using System.Globalization;
using System.Text;

namespace Metering.Api.Telemetry;

/// <summary>
/// Writes the Prometheus text exposition format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
/// </summary>
internal sealed class PrometheusText
{
    /// <summary>The media type of the format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder text = new();

    /// <summary>Starts a metric: its HELP and TYPE lines, once before all of its samples.</summary>
    public void Metric(string name, string type, string? help)
    {
        if (!string.IsNullOrEmpty(help))
            text.Append("# HELP ").Append(name).Append(' ').Append(EscapeHelp(help)).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    /// <summary>One sample. <paramref name="labels"/> are already escaped, without braces; empty for none.</summary>
    public void Sample(string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    /// <summary>A histogram's samples: cumulative buckets, <c>+Inf</c>, sum and count.</summary>
    public void Histogram(string name, string labels, ReadOnlySpan<double> bounds, ReadOnlySpan<long> counts, double sum)
    {
        var separator = labels.Length > 0 ? "," : "";
        long cumulative = 0;
        for (var i = 0; i < bounds.Length; i++)
        {
            cumulative += counts[i];
            Sample(name + "_bucket", $"{labels}{separator}le=\"{Number(bounds[i])}\"", cumulative);
        }

        cumulative += counts[bounds.Length];
        Sample(name + "_bucket", $"{labels}{separator}le=\"+Inf\"", cumulative);
        Sample(name + "_sum", labels, sum);
        Sample(name + "_count", labels, cumulative);
    }

    /// <inheritdoc />
    public override string ToString() => text.ToString();

    /// <summary>Labels of a series, escaped: <c>a="x",b="y"</c>.</summary>
    public static string Labels(IEnumerable<KeyValuePair<string, object?>> tags) => string.Join(
        ',',
        tags.Select(tag => $"{LabelName(tag.Key)}=\"{EscapeLabel(Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "")}\""));

    /// <summary>
    /// A metric's name as the OpenTelemetry specification maps it
    /// (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/):
    /// other characters than letters, digits and colons become underscores, the unit is a suffix, a counter ends in <c>_total</c>.
    /// </summary>
    public static string MetricName(string name, string? unit, bool isCounter, bool isGauge)
    {
        var result = Sanitize(name, allowColon: true);
        var suffix = unit switch
        {
            "s" => "seconds",
            "ms" => "milliseconds",
            "By" => "bytes",
            "1" when isGauge => "ratio",
            _ => "",
        };
        if (suffix.Length > 0 && !result.EndsWith("_" + suffix, StringComparison.Ordinal))
            result += "_" + suffix;
        if (isCounter && !result.EndsWith("_total", StringComparison.Ordinal))
            result += "_total";
        return result;
    }

    private static string LabelName(string name) => Sanitize(name, allowColon: false);

    private static string Sanitize(string name, bool allowColon)
    {
        var result = new StringBuilder(name.Length + 1);
        foreach (var symbol in name)
        {
            var valid = char.IsAsciiLetterOrDigit(symbol) || symbol == '_' || (allowColon && symbol == ':');
            if (result.Length == 0 && char.IsAsciiDigit(symbol))
                result.Append('_');
            result.Append(valid ? symbol : '_');
        }

        return result.ToString();
    }

    private static string EscapeHelp(string help) => help.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);

    private static string EscapeLabel(string value) =>
        EscapeHelp(value).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
