using Metering.Server.Hosting;
using Metering.Silo.Settings;
using Microsoft.AspNetCore.HttpOverrides;

namespace Metering.Silo.Hosting;

/// <summary>What a process of a cluster has that a server of one machine has not.</summary>
internal static class ClusterPlan
{
    // What a silo that is no front end answers.
    private static readonly string[] probes = ["/health", "/ready", "/metrics"];

    /// <summary>The plan for the settings.</summary>
    public static HostPlan Of(SiloSettings settings)
    {
        bool owns = settings.Role.HasFlag(SiloRole.Silo);
        return new HostPlan
        {
            Engine = inputs => new ClusterRunner(inputs, settings),
            // Outbox rows are leased, so any number of silos may work on them.
            Delivers = owns,
            FirstSteps = web => AddSteps(web, settings),
            Instance = settings.Name,
        };
    }

    private static void AddSteps(WebApplication web, SiloSettings settings)
    {
        if (settings.TrustedProxies.Count > 0)
        {
            var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor };
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (System.Net.IPNetwork network in settings.TrustedProxies)
                forwarded.KnownIPNetworks.Add(network);
            web.UseForwardedHeaders(forwarded);
        }

        if (settings.Role == SiloRole.Silo)
            web.Use(AnswerProbesOnly);
    }

    private static Task AnswerProbesOnly(HttpContext context, RequestDelegate next)
    {
        if (probes.Contains(context.Request.Path.Value))
            return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
