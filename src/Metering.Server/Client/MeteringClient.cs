using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Metering.Core.Money;

namespace Metering.Server.Client;

/// <summary>
/// The HTTP API as a client uses it. What is safe to send again is sent again while the server is overloaded or a shard is away.
/// </summary>
internal sealed class MeteringClient : IDisposable
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(60);
    private readonly HttpClient http;
    private readonly TimeProvider time;

    /// <param name="server">Where the server is.</param>
    /// <param name="key">The key to sign in with.</param>
    /// <param name="time">Measures the pauses.</param>
    public MeteringClient(Uri server, string key, TimeProvider time)
    {
        this.time = time;
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server, Timeout = TimeSpan.FromSeconds(120) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Reads a resource.</summary>
    /// <returns>The answer, or null for 404.</returns>
    public async Task<JsonDocument?> FindAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return await SendAsync(HttpMethod.Get, path, null, null, cancellation);
        }
        catch (ApiException refusal) when (refusal.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Sends a request with a JSON body and reads the JSON answer.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path and query.</param>
    /// <param name="body">The body, or null.</param>
    /// <param name="idempotencyKey">Makes a money command safe to send again.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ApiException">The server refused.</exception>
    public async Task<JsonDocument> SendAsync(
        HttpMethod method, string path, string? body, string? idempotencyKey, CancellationToken cancellation)
    {
        long started = time.GetTimestamp();
        while (true)
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is not null)
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            if (idempotencyKey is not null)
                request.Headers.Add("Idempotency-Key", idempotencyKey);
            using HttpResponseMessage response = await DoAsync(request, cancellation);
            if (MayComeAgain(response) && time.GetElapsedTime(started) < patience)
            {
                await PauseAsync(response, cancellation);
                continue;
            }

            await RefuseAsync(response, method, path, cancellation);
            byte[] answer = await response.Content.ReadAsByteArrayAsync(cancellation);
            return JsonDocument.Parse(answer.Length == 0 ? "{}"u8.ToArray() : answer);
        }
    }

    /// <summary>Reads a resource that is no JSON, such as a document.</summary>
    /// <exception cref="ApiException">The server refused.</exception>
    public async Task<byte[]> DownloadAsync(string path, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using HttpResponseMessage response = await DoAsync(request, cancellation);
        await RefuseAsync(response, HttpMethod.Get, path, cancellation);
        return await response.Content.ReadAsByteArrayAsync(cancellation);
    }

    /// <summary>
    /// Sends events and tells what became of each. Events whose shard is away are sent again; one that an earlier try of this call got
    /// accepted counts as accepted.
    /// </summary>
    public async Task<EventOutcome[]> SendEventsAsync(IReadOnlyList<UsageEvent> events, CancellationToken cancellation)
    {
        ReadOnlyMemory<byte> body = CloudEvents.WriteBatch(events);
        var outcomes = new EventOutcome[events.Count];
        Array.Fill(outcomes, new EventOutcome(EventOutcome.UnavailableCode, Amount.Zero, false));
        long started = time.GetTimestamp();
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events");
            request.Content = new ReadOnlyMemoryContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(CloudEvents.BatchType);
            request.Headers.Add("Prefer", "return=representation");
            using HttpResponseMessage response = await DoAsync(request, cancellation);
            bool again = MayComeAgain(response);
            if (!again)
            {
                await RefuseAsync(response, HttpMethod.Post, "/v1/events", cancellation);
                using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellation));
                again = Take(answer.RootElement.GetProperty("results"), outcomes);
            }

            if (!again)
                return outcomes;
            if (time.GetElapsedTime(started) >= patience)
            {
                await RefuseAsync(response, HttpMethod.Post, "/v1/events", cancellation);
                return outcomes;
            }

            await PauseAsync(response, cancellation);
        }
    }

    public void Dispose() => http.Dispose();

    /// <returns>Whether any event is unavailable.</returns>
    private static bool Take(JsonElement results, EventOutcome[] outcomes)
    {
        bool unavailable = false;
        int index = 0;
        foreach (JsonElement result in results.EnumerateArray())
        {
            string status = result.GetProperty("status").GetString()!;
            string code = status == "rejected" ? result.GetProperty("code").GetString()! : status;
            bool differs = result.TryGetProperty("differs", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
            Amount credits = result.TryGetProperty("credits", out JsonElement burned) ? Read(burned) : Amount.Zero;
            if (outcomes[index].Code == EventOutcome.UnavailableCode)
                outcomes[index] = new EventOutcome(code, credits, differs);
            unavailable |= code == EventOutcome.UnavailableCode;
            index++;
        }

        return index == outcomes.Length ? unavailable
            : throw new ApiException($"The server answered {index} results to {outcomes.Length} events.");
    }

    /// <summary>An amount in either form, a JSON string or number.</summary>
    public static Amount Read(JsonElement value)
    {
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return AmountParse.Text(Encoding.UTF8.GetBytes(text), out Amount amount) == ParseStatus.Ok
            ? amount
            : throw new ApiException($"The server answered '{text}' where an amount belongs.");
    }

    private async Task<HttpResponseMessage> DoAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await http.SendAsync(request, cancellation);
        }
        catch (HttpRequestException away)
        {
            throw new ApiException($"{http.BaseAddress} cannot be reached: {away.Message}", away);
        }
    }

    private static bool MayComeAgain(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.ServiceUnavailable
        || (response.StatusCode == HttpStatusCode.TooManyRequests && response.Headers.RetryAfter is not null);

    private async Task PauseAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        TimeSpan pause = response.Headers.RetryAfter?.Delta ?? TimeSpan.FromMilliseconds(250);
        await Task.Delay(pause < TimeSpan.FromSeconds(10) ? pause : TimeSpan.FromSeconds(10), time, cancellation);
    }

    private static async Task RefuseAsync(HttpResponseMessage response, HttpMethod method, string path, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode)
            return;
        string code = "";
        string detail = await response.Content.ReadAsStringAsync(cancellation);
        try
        {
            using JsonDocument problem = JsonDocument.Parse(detail);
            code = problem.RootElement.TryGetProperty("code", out JsonElement found) ? found.GetString() ?? "" : "";
            detail = problem.RootElement.TryGetProperty("detail", out JsonElement said) ? said.GetString() ?? detail : detail;
        }
        catch (JsonException)
        {
            // A proxy in between, or a server that is none of ours: what it wrote is the best there is to show.
        }

        throw new ApiException(response.StatusCode, code, $"{method} {path}: {(int)response.StatusCode} {code} {detail}");
    }
}
