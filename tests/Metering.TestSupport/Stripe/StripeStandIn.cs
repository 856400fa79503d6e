using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Metering.TestSupport.Stripe;

/// <summary>
/// A server in place of Stripe, written from the shapes of its public API reference: it keeps state, demands key and version, remembers
/// idempotency keys, refuses members it does not know, and can be told to fail. It counts what it charges.
/// </summary>
public sealed partial class StripeStandIn : IAsyncDisposable
{
    /// <summary>The secret key it takes.</summary>
    public const string SecretKey = "sk_test_stand_in";

    /// <summary>The version it speaks.</summary>
    public const string Version = "2026-07-29.dahlia";

    /// <summary>The secret it signs its webhooks with.</summary>
    public const string WebhookSecret = "whsec_stand_in";

    private readonly WebApplication app;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<string, SavedAnswer> saved = new();
    private readonly CancellationTokenSource ending = new();
    private int calls;

    private StripeStandIn(TimeProvider time)
    {
        this.time = time;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        app = builder.Build();
        app.Run(ServeAsync);
    }

    /// <summary>Where it is.</summary>
    public Uri Address => new(app.Urls.First());

    /// <summary>Decides what goes wrong with each request. Default: nothing.</summary>
    public Func<StripeCall, StripeFault> Faults { get; set; } = _ => StripeFault.None;

    /// <summary>Every request so far.</summary>
    public ConcurrentQueue<StripeCall> Calls { get; } = new();

    /// <summary>Starts it on a free port.</summary>
    public static async Task<StripeStandIn> StartAsync(TimeProvider? time = null)
    {
        var standIn = new StripeStandIn(time ?? TimeProvider.System);
        await standIn.app.StartAsync();
        return standIn;
    }

    /// <summary>Forgets all idempotency keys, as Stripe does after some time.</summary>
    public void ForgetKeys() => saved.Clear();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await app.DisposeAsync();
        ending.Dispose();
    }

    private async Task ServeAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        string? key = request.Headers["Idempotency-Key"].FirstOrDefault();
        var call = new StripeCall(Interlocked.Increment(ref calls), request.Method, request.Path.Value ?? "", key);
        Calls.Enqueue(call);
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        string body = await reader.ReadToEndAsync(context.RequestAborted);
        StripeFault fault = Faults(call);
        switch (fault)
        {
            case StripeFault.TooManyRequests:
                context.Response.Headers.RetryAfter = "0";
                await AnswerAsync(context, ErrorOf(new StripeRefusal(429, "invalid_request_error", "Too many requests", "rate_limit")));
                return;
            case StripeFault.Locked:
                await AnswerAsync(context, ErrorOf(new StripeRefusal(409, "invalid_request_error", "Locked", "lock_timeout")));
                return;
            case StripeFault.Unavailable:
                await AnswerAsync(context, ErrorOf(new StripeRefusal(503, "api_error", "Unavailable")));
                return;
            case StripeFault.CutBeforeWork:
                context.Abort();
                return;
            case StripeFault.HangBeforeWork:
                await HangAsync(context);
                return;
        }

        SavedAnswer answer = Decide(request, body, key, fault);
        switch (fault)
        {
            case StripeFault.CutAfterWork:
                context.Abort();
                return;
            case StripeFault.HangAfterWork:
                await HangAsync(context);
                return;
            case StripeFault.ErrorAfterWork:
                await AnswerAsync(context, ErrorOf(new StripeRefusal(500, "api_error", "Something went wrong")));
                return;
            case StripeFault.TornAnswer:
                await AnswerAsync(context, answer with { Body = answer.Body[..(answer.Body.Length / 2)] });
                return;
            default:
                await AnswerAsync(context, answer);
                return;
        }
    }

    private SavedAnswer Decide(HttpRequest request, string body, string? key, StripeFault fault)
    {
        if (request.Headers.Authorization != $"Bearer {SecretKey}")
            return ErrorOf(new StripeRefusal(401, "invalid_request_error", "Invalid API Key provided"));
        if (request.Headers["Stripe-Version"] != Version)
            return ErrorOf(StripeRefusal.Invalid("Invalid Stripe API version"));
        if (request.Method == "GET")
            return Work(request, "");
        if (key is null or { Length: > 255 })
            return ErrorOf(StripeRefusal.Invalid("Every POST is to have an idempotency key of at most 255 characters."));
        string asked = $"{request.Path}\n{body}";
        lock (saved)
        {
            if (saved.TryGetValue(key, out SavedAnswer? before))
            {
                return before.Asked == asked ? before : ErrorOf(new StripeRefusal(
                    400, "idempotency_error", "Keys for idempotent requests can only be used with the same parameters."));
            }

            SavedAnswer answer = fault == StripeFault.SavedError
                ? ErrorOf(new StripeRefusal(500, "api_error", "Something went wrong")) with { IsFinal = true }
                : Work(request, body);
            // What fails its validation is not remembered.
            if (answer.Status is not (400 or 404))
                saved[key] = answer with { Asked = asked };
            return answer;
        }
    }

    private SavedAnswer Work(HttpRequest request, string body)
    {
        try
        {
            var form = new StripeFields(request.Method == "GET" ? request.QueryString.Value?.TrimStart('?') ?? "" : body);
            lock (gate)
            {
                JsonObject result = Route(request.Method, (request.Path.Value ?? "").Trim('/').Split('/'), form);
                form.RefuseUnread();
                return new SavedAnswer("", 200, result.ToJsonString());
            }
        }
        catch (StripeRefusal refusal)
        {
            return ErrorOf(refusal);
        }
    }

    private static SavedAnswer ErrorOf(StripeRefusal refusal)
    {
        var error = new JsonObject { ["type"] = refusal.Type, ["message"] = refusal.Message };
        if (refusal.Code is not null)
            error["code"] = refusal.Code;
        if (refusal.DeclineCode is not null)
            error["decline_code"] = refusal.DeclineCode;
        if (refusal.Intent is not null)
            error["payment_intent"] = refusal.Intent.DeepClone();
        return new SavedAnswer("", refusal.Status, new JsonObject { ["error"] = error }.ToJsonString());
    }

    private static async Task AnswerAsync(HttpContext context, SavedAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "application/json";
        context.Response.Headers["Request-Id"] = "req_stand_in";
        if (answer.IsFinal)
            context.Response.Headers["Stripe-Should-Retry"] = "false";
        await context.Response.WriteAsync(answer.Body);
    }

    private async Task HangAsync(HttpContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, context.RequestAborted);
        await Task.Delay(Timeout.Infinite, end.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        context.Abort();
    }

    private sealed record SavedAnswer(string Asked, int Status, string Body)
    {
        public bool IsFinal { get; init; }
    }
}
