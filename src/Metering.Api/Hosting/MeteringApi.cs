using Metering.Api.Access;
using Metering.Api.Events;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Api.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Metering.Api.Hosting;

/// <summary>
/// Puts the API into a web application. The host registers an <see cref="Metering.Grid.IMeteringEngine"/> as a singleton; a
/// <see cref="TimeProvider"/> is the system's unless it registers another.
/// </summary>
public static partial class MeteringApi
{
    private static readonly TimeSpan BodyGrace = TimeSpan.FromSeconds(5);

    /// <summary>Registers what the API needs and sets the server's limits.</summary>
    /// <exception cref="InvalidOperationException">A setting is out of its range; every fault is named.</exception>
    public static IServiceCollection AddMeteringApi(this IServiceCollection services, MeteringApiOptions options)
    {
        options.Validate();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<SignIn>();
        services.AddSingleton<AddressLimiter>();
        services.AddSingleton<AddressGate>();
        services.AddSingleton<KeyLimits>();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton<EventIntake>();
        services.AddRouting();
        AddResources(services);
        services.Configure<KestrelServerOptions>(server => Limit(server, options));
        return services;
    }

    /// <summary>Adds the steps every request goes through, and all endpoints.</summary>
    public static WebApplication MapMeteringApi(this WebApplication app)
    {
        app.UseMiddleware<ProblemMiddleware>();
        app.UseRouting();
        app.UseMiddleware<IngestFigures>();
        app.UseMiddleware<AccessMiddleware>();
        app.MapEvents();
        MapResources(app);
        return app;
    }

    private static void Limit(KestrelServerOptions server, MeteringApiOptions options)
    {
        server.AddServerHeader = false;
        KestrelServerLimits limits = server.Limits;
        limits.MaxConcurrentConnections = options.ConnectionsMax;
        limits.MaxRequestBodySize = options.BodyMaxBytes;
        limits.MinRequestBodyDataRate = new MinDataRate(options.BodyMinBytesPerSecond, BodyGrace);
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        limits.MaxRequestHeadersTotalSize = 32 * 1024;
    }
}
