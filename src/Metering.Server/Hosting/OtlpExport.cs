using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Metering.Server.Hosting;

/// <summary>
/// Meters and traces of this process, sent over OTLP. The protocol and headers are those of the standard <c>OTEL_EXPORTER_OTLP_*</c>
/// variables.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    private readonly MeterProvider meters;
    private readonly TracerProvider traces;

    /// <param name="endpoint">Where it goes.</param>
    /// <param name="instance">Which of several servers this is; null where there is one.</param>
    public OtlpExport(Uri endpoint, string? instance)
    {
        ResourceBuilder resource = ResourceBuilder.CreateDefault().AddService(
            "metering", serviceVersion: typeof(OtlpExport).Assembly.GetName().Version?.ToString(), serviceInstanceId: instance);
        meters = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter("Metering*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql", "System.Runtime")
            .AddOtlpExporter((exporter, _) => exporter.Endpoint = endpoint)
            .Build();
        traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource("Metering*", "Microsoft.AspNetCore", "Microsoft.Orleans*", "Npgsql")
            .AddOtlpExporter(exporter => exporter.Endpoint = endpoint)
            .Build();
    }

    public void Dispose()
    {
        // What is not sent by then is lost: an absent collector must not hold a stop up.
        meters.Shutdown(timeoutMilliseconds: 1_000);
        traces.Shutdown(timeoutMilliseconds: 1_000);
        meters.Dispose();
        traces.Dispose();
    }
}
