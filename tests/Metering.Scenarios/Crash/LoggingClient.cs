using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Metering.Scenarios.Crash;

/// <summary>An answer that a retry would not change.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Text">The body as it came.</param>
/// <param name="Body">The body; undefined where there was none.</param>
internal sealed record FinalAnswer(int Status, string Text, JsonElement Body);

/// <summary>
/// Sends a request until it is answered: no answer, a broken one, 503 and <c>unavailable</c> are sent again as they were. Writes down
/// what it learns.
/// </summary>
internal sealed class LoggingClient : IDisposable
{
    private static readonly TimeSpan giveUpAfter = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan pauseMin = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan pauseMax = TimeSpan.FromMilliseconds(160);
    private readonly HttpClient http;
    private Uri server;

    // What a request that is to be sent again was told last, of any caller.
    private volatile string lastRefusal = "none";

    public LoggingClient(Uri server, string key, ClientLog log)
    {
        this.server = server;
        Log = log;
        var handler = new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 256, ConnectTimeout = TimeSpan.FromSeconds(5) };
        http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(120) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public ClientLog Log { get; }

    /// <summary>Where the next try goes.</summary>
    public Uri Server
    {
        get => Volatile.Read(ref server);
        set => Volatile.Write(ref server, value);
    }

    public void Dispose() => http.Dispose();

    /// <summary>Sends events, alone or in a batch, until each is counted or refused.</summary>
    /// <param name="sent">The events.</param>
    /// <param name="detailed">Whether a result for each is asked for.</param>
    public async Task IngestAsync(IReadOnlyList<SentEvent> sent, bool detailed)
    {
        string body = sent.Count == 1 ? sent[0].ToJson().ToJsonString() : SentEvent.Batch(sent);
        string type = sent.Count == 1 ? "application/cloudevents+json" : "application/cloudevents-batch+json";
        (string, string)? prefer = detailed ? ("Prefer", "return=representation") : null;
        await UntilAsync(async () =>
        {
            long asked = Log.Now();
            FinalAnswer? answer = await TryAsync(HttpMethod.Post, "/v1/events", body, type, prefer);
            return answer is not null && Note(answer, sent, asked) ? answer : null;
        });
    }

    /// <summary>Sends a command with a key of its own until it is answered.</summary>
    public Task<FinalAnswer> PostAsync(string path, string body, string idempotencyKey) =>
        UntilAsync(() => TryAsync(HttpMethod.Post, path, body, "application/json", ("Idempotency-Key", idempotencyKey)));

    public Task<FinalAnswer> GetAsync(string path) => UntilAsync(() => TryAsync(HttpMethod.Get, path, null, null, null));

    /// <summary>One try; null where a retry is called for.</summary>
    public async Task<FinalAnswer?> TryAsync(
        HttpMethod method, string path, string? body, string? type, (string Name, string Value)? header)
    {
        using var request = new HttpRequestMessage(method, new Uri(Server, path));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, type!);
        if (header is { } more)
            request.Headers.Add(more.Name, more.Value);
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request);
            string text = await response.Content.ReadAsStringAsync();
            int status = (int)response.StatusCode;
            if (status == 503)
            {
                Log.Unavailable();
                if (!text.Contains("\"results\"", StringComparison.Ordinal))
                {
                    lastRefusal = $"{response.RequestMessage?.RequestUri?.PathAndQuery}: {text}";
                    return null;
                }
            }

            if (status is >= 200 and < 300)
                Log.Succeeded();
            using JsonDocument? document = text.Length == 0 ? null : JsonDocument.Parse(text);
            return new FinalAnswer(status, text, document?.RootElement.Clone() ?? default);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            Log.Broken();
            lastRefusal = broken.Message;
            return null;
        }
    }

    private async Task<FinalAnswer> UntilAsync(Func<Task<FinalAnswer?>> send)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan pause = pauseMin;
        while (true)
        {
            if (await send() is { } answer)
            {
                Log.Answered();
                return answer;
            }

            if (Stopwatch.GetElapsedTime(started) > giveUpAfter)
            {
                throw new TimeoutException(
                    $"No final answer from {Server} within {giveUpAfter.TotalSeconds} s; a last one was {lastRefusal}");
            }

            await Task.Delay(pause);
            pause = pause * 2 < pauseMax ? pause * 2 : pauseMax;
        }
    }

    // False where any of them has to be sent again.
    private bool Note(FinalAnswer answer, IReadOnlyList<SentEvent> sent, long asked)
    {
        if (answer.Status == 204)
        {
            foreach (SentEvent one in sent)
                Log.Counted(one, asked, first: null, credits: null, at: null);
            return true;
        }

        if (answer.Body.ValueKind != JsonValueKind.Object || !answer.Body.TryGetProperty("results", out JsonElement results))
            throw new InvalidOperationException($"Events were answered with {answer.Status}: {answer.Text}");
        bool complete = true;
        foreach (JsonElement result in results.EnumerateArray())
            complete &= NoteResult(result, sent, asked);
        foreach (JsonElement balance in answer.Body.GetProperty("balances").EnumerateArray())
            Log.Balance(balance.GetProperty("customer_id").GetString()!, balance);
        return complete;
    }

    private bool NoteResult(JsonElement result, IReadOnlyList<SentEvent> sent, long asked)
    {
        SentEvent one = sent[result.GetProperty("index").GetInt32()];
        string id = result.GetProperty("id").GetString()!;
        if (id != one.Id)
            Log.Fault($"the result of event {one.Id} is named {id}");
        if (result.TryGetProperty("differs", out JsonElement differs) && differs.GetBoolean())
            Log.Fault($"event {one.Id} is said to differ, and was sent as before");
        string status = result.GetProperty("status").GetString()!;
        if (status == "rejected")
        {
            string code = result.GetProperty("code").GetString()!;
            if (code == "unavailable")
                return false;
            Log.Refused(one, asked, code);
            return true;
        }

        Log.Counted(one, asked, status == "accepted", ClientLog.Number(result, "credits"), result.GetProperty("at").GetString());
        return true;
    }
}
