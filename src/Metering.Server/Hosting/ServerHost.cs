using System.Diagnostics.Metrics;
using Metering.Api.Hosting;
using Metering.Api.Webhooks;
using Metering.Delivery.Pdf;
using Metering.Grid;
using Metering.Grid.Documents;
using Metering.Server.Databases;
using Metering.Server.Keys;
using Metering.Server.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Metering.Server.Hosting;

/// <summary>
/// A whole server in this process: databases, grid, projectors, HTTP API. Tests start it on port 0 with databases of their own;
/// commands start it as <c>serve</c> does.
/// </summary>
/// <remarks>Stopping takes the parts down in the reverse order of their start, each within a share of ten seconds, and is done once
/// however often it is asked for.</remarks>
internal sealed partial class ServerHost : IAsyncDisposable
{
    private static readonly TimeSpan requestsPatience = TimeSpan.FromSeconds(3);

    private readonly ILogger log;
    private readonly WebApplication web;
    private readonly GridParts grid;
    private readonly DeliveryParts? deliveries;
    private readonly PaymentParts payments;
    private readonly ServerDatabases databases;
    private readonly OtlpExport? export;
    private readonly CancellationTokenSource statusEnd = new();
    private readonly Task status;
    private readonly Lock stopGate = new();
    private Task? stopping;

    private ServerHost(
        ServerSettings settings, HostPlan plan, ILogger log, ServerDatabases databases, GridParts grid, PaymentParts payments,
        WebApplication web, FirstKey key, OtlpExport? export, ILoggerFactory logs, TimeProvider time)
    {
        this.log = log;
        this.databases = databases;
        this.grid = grid;
        this.payments = payments;
        this.web = web;
        this.export = export;
        Key = key;
        if (plan.Delivers)
        {
            deliveries = DeliveryParts.Start(
                settings, grid, web.Services.GetRequiredService<IInvoiceDocuments>(), web.Services.GetRequiredService<IMeterFactory>(),
                logs, time);
            payments.Start(deliveries.Instruments);
        }

        string bound = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        // 0.0.0.0 is where it listens, not where anyone connects to.
        Address = new Uri(bound.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)
            .Replace("[::]", "127.0.0.1", StringComparison.Ordinal));
        status = settings.StatusSeconds == 0
            ? Task.CompletedTask
            : new StatusLine(grid.Engine, log, time).RunAsync(TimeSpan.FromSeconds(settings.StatusSeconds), statusEnd.Token);
    }

    /// <summary>Where it serves.</summary>
    public Uri Address { get; }

    /// <summary>The operator's key as known after the start.</summary>
    public FirstKey Key { get; }

    /// <summary>The grid.</summary>
    public IMeteringEngine Engine => grid.Engine;

    /// <summary>Cancelled when another process has taken partitions over: this one is to end, and never to take them back.</summary>
    public CancellationToken Fenced => grid.Fenced;

    /// <summary>Starts everything with the embedded engine and returns when requests are served.</summary>
    public static Task<ServerHost> StartAsync(
        ServerSettings settings, ILoggerFactory logs, TimeProvider time, CancellationToken cancellation) =>
        StartAsync(settings, new HostPlan(), logs, time, cancellation);

    /// <summary>Starts everything and returns when requests are served.</summary>
    public static async Task<ServerHost> StartAsync(
        ServerSettings settings, HostPlan plan, ILoggerFactory logs, TimeProvider time, CancellationToken cancellation)
    {
        ServerDatabases databases = await ServerDatabases.OpenAsync(settings, logs.CreateLogger("Metering.Databases"), cancellation);
        try
        {
            return await StartAsync(settings, plan, databases, logs, time, cancellation);
        }
        catch
        {
            await databases.DisposeAsync();
            throw;
        }
    }

    private static async Task<ServerHost> StartAsync(
        ServerSettings settings, HostPlan plan, ServerDatabases databases, ILoggerFactory logs, TimeProvider time,
        CancellationToken cancellation)
    {
        ILogger log = logs.CreateLogger("Metering.Server");
        GridParts grid;
        FirstKey key;
        // Of servers that start together on new databases, one makes what is missing; the others find it.
        await using (await SetupTurn.TakeAsync(databases.Control, cancellation))
        {
            grid = await GridParts.OpenAsync(settings, databases, plan, logs, time, cancellation);
            try
            {
                key = await FirstKey.EnsureAsync(grid.DirectoryStore, settings, time, cancellation);
                if (key is { MadeNow: true, Secret: { } secret })
                    plan.KeyMade(secret);
            }
            catch
            {
                await grid.DisposeAsync();
                throw;
            }
        }

        try
        {
            await grid.StartAsync(cancellation);
            await grid.Engine.Directory.RefreshAsync(cancellation);
            var payments = new PaymentParts(settings, grid, logs, time);
            WebApplication web = BuildWeb(settings, plan, grid, payments, logs, time);
            try
            {
                await web.StartAsync(cancellation);
            }
            catch
            {
                await web.DisposeAsync();
                await payments.DisposeAsync();
                throw;
            }

            OtlpExport? export = settings.OtlpEndpoint is { } endpoint ? new OtlpExport(new Uri(endpoint), plan.Instance) : null;
            var host = new ServerHost(settings, plan, log, databases, grid, payments, web, key, export, logs, time);
            LogServing(log, host.Address, grid.Engine.Status.PartitionsOwned);
            return host;
        }
        catch
        {
            await grid.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Stops accepting, lets requests end, finishes open groups, checkpoints, releases the partitions, stops the projectors and the
    /// private PostgreSQL.
    /// </summary>
    public Task StopAsync()
    {
        lock (stopGate)
            return stopping ??= StopPartsAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task StopPartsAsync()
    {
        LogStopping(log);
        using (var patience = new CancellationTokenSource(requestsPatience))
            await web.StopAsync(patience.Token);
        await web.DisposeAsync();
        await statusEnd.CancelAsync();
        await status;
        statusEnd.Dispose();
        LogStep(log, "requests have ended");
        await payments.DisposeAsync();
        LogStep(log, "payments have stopped");
        try
        {
            if (deliveries is not null)
                await deliveries.DisposeAsync();
            await grid.DisposeAsync();
            LogStep(log, "partitions are released, projectors have stopped");
        }
        finally
        {
            await databases.DisposeAsync();
            export?.Dispose();
        }

        LogStopped(log);
    }

    private static WebApplication BuildWeb(
        ServerSettings settings, HostPlan plan, GridParts grid, PaymentParts payments, ILoggerFactory logs, TimeProvider time)
    {
        // The builder must not look for configuration by itself: settings are read once, by SettingsReader.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ApplicationName = "Metering.Server" });
        builder.Services.RemoveAll<ILoggerFactory>();
        builder.Services.AddSingleton(new SharedLogs(logs));
        builder.Services.AddSingleton<ILoggerFactory>(services => services.GetRequiredService<SharedLogs>());
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(settings.Address, settings.Port));
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(grid.Engine);
        builder.Services.AddSingleton(payments.Payments);
        builder.Services.AddSingleton(grid.Outbox);
        builder.Services.AddSingleton(grid.WebhookEndpoints);
        builder.Services.AddSingleton<IInvoiceDocuments>(new PdfDocuments(settings.Documents, logs.CreateLogger<PdfDocuments>()));
        builder.Services.AddSingleton(new WebhookRules(settings.WebhookPrivateAddresses));
        builder.Services.AddMeteringApi(new MeteringApiOptions
        {
            AddressRequestsPerMinute = settings.AddressRequestsPerMinute,
            UnlimitedPaths = settings.ProbesExempt ? ["/health", "/ready"] : [],
            CronSecret = settings.CronSecret,
            BodiesMaxBytes = settings.BodiesMaxMegabytes * 1024L * 1024,
            ConnectionsMax = settings.ConnectionsMax,
        });
        plan.Services(builder.Services);
        WebApplication web = builder.Build();
        plan.FirstSteps(web);
        web.MapMeteringApi();
        return web;
    }

    /// <summary>The process's own log, which outlives the web application and must not be disposed with its services.</summary>
    private sealed class SharedLogs(ILoggerFactory logs) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => logs.CreateLogger(categoryName);

        public void AddProvider(ILoggerProvider provider) => logs.AddProvider(provider);

        public void Dispose()
        {
            // Whoever made it disposes it.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "serving on {Address}, {Partitions} partitions owned")]
    private static partial void LogServing(ILogger log, Uri address, int partitions);

    [LoggerMessage(Level = LogLevel.Information, Message = "stopping")]
    private static partial void LogStopping(ILogger log);

    [LoggerMessage(Level = LogLevel.Debug, Message = "stopping: {Step}")]
    private static partial void LogStep(ILogger log, string step);

    [LoggerMessage(Level = LogLevel.Information, Message = "stopped")]
    private static partial void LogStopped(ILogger log);
}
