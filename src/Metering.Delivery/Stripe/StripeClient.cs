using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Metering.Delivery.Stripe;

/// <summary>
/// Stripe's REST API: sends one request, again with the same idempotency key where no answer came or Stripe was busy, and says what kind
/// of answer there was. Never throws for what the other side does. Sources: https://docs.stripe.com/api/idempotent_requests,
/// https://docs.stripe.com/api/errors, https://docs.stripe.com/rate-limits.
/// </summary>
internal sealed class StripeClient(HttpClient http, StripeOptions options, TimeProvider time, Random chance)
{
    private const int PagesMax = 50;
    private static readonly JsonElement nothing = default;

    /// <summary>The handler for <see cref="HttpClient"/>: addresses are looked up again now and then, and nothing is followed.</summary>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(10),
    };

    /// <summary>Reads.</summary>
    public Task<StripeReply> GetAsync(string path, StripeForm? query, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, path + query?.ToQuery(), null, null, cancellation);

    /// <summary>Does something, once for the key.</summary>
    public Task<StripeReply> PostAsync(string path, StripeForm form, string idempotencyKey, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, path, form, idempotencyKey, cancellation);

    /// <summary>Reads a list, page by page, until <paramref name="found"/> says that it has what it looks for.</summary>
    /// <returns>The last page's answer.</returns>
    public async Task<StripeReply> ListAsync(
        string path, StripeForm query, Func<JsonElement, bool> found, CancellationToken cancellation)
    {
        query.Add("limit", 100);
        string? after = null;
        for (int page = 0; page < PagesMax; page++)
        {
            string cursor = after is null ? "" : $"&starting_after={Uri.EscapeDataString(after)}";
            StripeReply reply = await SendAsync(HttpMethod.Get, path + query.ToQuery() + cursor, null, null, cancellation);
            if (!reply.IsOk || reply.Body.Member("data") is not { ValueKind: JsonValueKind.Array } data)
                return reply;
            foreach (JsonElement item in data.EnumerateArray())
            {
                if (found(item))
                    return reply;
                after = item.Text("id");
            }

            if (!reply.Body.IsTrue("has_more") || after is null)
                return reply;
        }

        // Going on as if it were not there could do it twice.
        return new StripeReply(StripeOutcome.InvalidRequest, nothing, $"{path} lists more than {PagesMax * 100} entries.");
    }

    private async Task<StripeReply> SendAsync(
        HttpMethod method, string path, StripeForm? form, string? idempotencyKey, CancellationToken cancellation)
    {
        for (int retries = 0; ; retries++)
        {
            (StripeReply reply, bool again, TimeSpan? asked) = await SendOnceAsync(method, path, form, idempotencyKey, cancellation);
            TimeSpan wait = asked ?? Backoff(retries);
            if (!again || retries >= options.RetriesMax || wait > options.RetryDelayMax)
                return reply;
            await Task.Delay(wait, time, cancellation);
        }
    }

    private async Task<(StripeReply Reply, bool Again, TimeSpan? Asked)> SendOnceAsync(
        HttpMethod method, string path, StripeForm? form, string? idempotencyKey, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, new Uri(options.BaseAddress, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.SecretKey);
        request.Headers.Add("Stripe-Version", options.Version);
        if (idempotencyKey is not null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        if (form is not null)
            request.Content = new FormUrlEncodedContent(form.Fields);
        using var timeout = new CancellationTokenSource(options.RequestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, either.Token);
            byte[] body = await response.Content.ReadAsByteArrayAsync(either.Token);
            return Judge(response, body);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (Away("Stripe did not answer in time."), true, null);
        }
        catch (Exception cut) when (cut is HttpRequestException or IOException)
        {
            return (Away($"The connection to Stripe broke: {cut.Message}"), true, null);
        }
    }

    private (StripeReply Reply, bool Again, TimeSpan? Asked) Judge(HttpResponseMessage response, byte[] body)
    {
        int status = (int)response.StatusCode;
        JsonElement json = Parse(body);
        if (status is >= 200 and < 300)
        {
            // A success that cannot be read may have been cut off: whether it was done is not known.
            return json.ValueKind == JsonValueKind.Object
                ? (new StripeReply(StripeOutcome.Ok, json, ""), false, null)
                : (Away("Stripe's answer cannot be read."), true, null);
        }

        JsonElement error = json.Member("error") ?? nothing;
        StripeOutcome outcome = OutcomeOf(response.StatusCode, error);
        string reason = error.Text("message") ?? $"Stripe answered {status}.";
        if (response.Headers.TryGetValues("Request-Id", out IEnumerable<string>? ids))
            reason += $" ({ids.First()})";
        return (new StripeReply(outcome, error, reason), MayHelp(response, outcome), RetryAfter(response));
    }

    private static StripeOutcome OutcomeOf(HttpStatusCode status, JsonElement error) => (int)status switch
    {
        402 => StripeOutcome.CardDeclined,
        404 => StripeOutcome.NotFound,
        401 or 403 => StripeOutcome.Unauthorized,
        409 or 429 or >= 500 => StripeOutcome.Away,
        _ => error.Text("type") == "idempotency_error" ? StripeOutcome.KeyReused : StripeOutcome.InvalidRequest,
    };

    // Stripe says of some answers whether the same request could have another one; it knows which it would only replay.
    private static bool MayHelp(HttpResponseMessage response, StripeOutcome outcome) =>
        response.Headers.TryGetValues("Stripe-Should-Retry", out IEnumerable<string>? said) && said.First() is "true" or "false"
            ? said.First() == "true"
            : outcome == StripeOutcome.Away;

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > time.GetUtcNow() ? date - time.GetUtcNow() : TimeSpan.Zero,
        _ => null,
    };

    private TimeSpan Backoff(int retries)
    {
        TimeSpan full = options.RetryDelay * (1 << Math.Min(retries, 10));
        if (full > options.RetryDelayMax)
            full = options.RetryDelayMax;
        lock (chance)
            return full * (1 - chance.NextDouble() / 2);
    }

    private static StripeReply Away(string reason) => new(StripeOutcome.Away, nothing, reason);

    private static JsonElement Parse(byte[] body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException)
        {
            return nothing;
        }
    }
}
