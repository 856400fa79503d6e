using System.Diagnostics;
using System.Globalization;
using Metering.Delivery.Stripe;
using Metering.Server.Hosting;
using Metering.Server.Settings;
using Metering.TestSupport.Stripe;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Scenarios.Support;

/// <summary>
/// The server of <see cref="BillingServer"/> in a process of its own, on databases that are there. It begins at a time, moves to another
/// when it reads a line, and kills itself, as <c>kill -9</c> does, when it has issued so many invoices.
/// </summary>
internal sealed class BillingProcess : IDisposable
{
    private readonly Process process;

    private BillingProcess(Process process, ApiClient api)
    {
        this.process = process;
        Operator = api;
    }

    /// <summary>The API with the operator's key.</summary>
    public ApiClient Operator { get; }

    /// <summary>What the process does; its arguments are those that <see cref="StartAsync"/> gives.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var clock = new BillingClock(At(arguments[3]));
        ServerSettings settings = BillingServer.Settings(arguments[0], arguments[1], arguments[2]);
        if (arguments.Length > 4)
            settings = settings with { Stripe = StripeAt(new Uri(arguments[4])) };
        await using ServerHost host = await ServerHost.StartAsync(settings, NullLoggerFactory.Instance, clock, CancellationToken.None);
        Console.WriteLine(host.Address);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ');
            clock.MoveTo(At(words[0]));
            if (words.Length == 1)
                continue;
            int killAt = int.Parse(words[1], CultureInfo.InvariantCulture);
            while (Volatile.Read(ref host.Engine.Status.InvoicesIssued) < killAt)
                await Task.Yield();
            Process.GetCurrentProcess().Kill();
        }

        return 0;
    }

    /// <summary>How a server is told of a stand-in for Stripe.</summary>
    public static StripeOptions StripeAt(Uri address) => new()
    {
        SecretKey = StripeStandIn.SecretKey, WebhookSecrets = [StripeStandIn.WebhookSecret], BaseAddress = address,
    };

    /// <summary>Starts one and waits until it serves.</summary>
    public static async Task<BillingProcess> StartAsync(string control, string shard, string key, DateTimeOffset now, Uri? stripe = null)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (string argument in new[] { typeof(BillingProcess).Assembly.Location, control, shard, key, Text(now) })
            start.ArgumentList.Add(argument);
        if (stripe is not null)
            start.ArgumentList.Add(stripe.ToString());
        Process process = Process.Start(start)!;
        string address = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server did not start.");
        return new BillingProcess(process, new ApiClient(new Uri(address), key));
    }

    /// <summary>Moves its clock, and waits until it has killed itself in the middle of what was due.</summary>
    public async Task DieAsync(DateTimeOffset when, int invoices)
    {
        await process.StandardInput.WriteLineAsync($"{Text(when)} {invoices}");
        await process.StandardInput.FlushAsync();
        await process.WaitForExitAsync();
    }

    /// <summary>Moves its clock.</summary>
    public async Task MoveToAsync(DateTimeOffset when)
    {
        await process.StandardInput.WriteLineAsync(Text(when));
        await process.StandardInput.FlushAsync();
    }

    /// <summary>Kills it, as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Lets it end in good order.</summary>
    public async Task StopAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.Dispose();
        Operator.Dispose();
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);
}
