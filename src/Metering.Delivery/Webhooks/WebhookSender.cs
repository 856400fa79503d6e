using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using Metering.Core.Time;
using Metering.Delivery.Outbox;
using Metering.Grid.Outbox;
using Metering.Grid.Webhooks;

namespace Metering.Delivery.Webhooks;

/// <summary>Posts one event to one endpoint and tells what came of it.</summary>
public sealed class WebhookSender : IDisposable
{
    private readonly WebhookOptions options;
    private readonly TimeProvider time;
    private readonly HttpClient http;

    /// <param name="options">How to send.</param>
    /// <param name="time">The clock.</param>
    public WebhookSender(WebhookOptions options, TimeProvider time)
    {
        options.Validate();
        (this.options, this.time) = (options, time);
        http = WebhookConnections.Create(options);
    }

    /// <summary>Posts an event: 2xx is done, 410 for good and everything else for now is a failure.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public async ValueTask<OutboxOutcome> SendAsync(
        OutboxMessage delivery, WebhookEndpoint endpoint, CancellationToken cancellation)
    {
        if (WebhookUrl.FaultOf(endpoint.Url, options.AllowPrivate, out Uri? url) is { } fault)
            return OutboxOutcome.Retry($"The URL is not one to call: {fault}");
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            using HttpRequestMessage request = Request(delivery, endpoint, url!);
            using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            OutboxOutcome outcome = Judge(answer);
            await DrainAsync(answer, either.Token);
            return outcome;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            return OutboxOutcome.Retry($"No whole answer within {options.Timeout.TotalSeconds:0.###} s.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or AuthenticationException or InvalidOperationException)
        {
            return OutboxOutcome.Retry(Describe(e));
        }
    }

    /// <summary>Closes its connections.</summary>
    public void Dispose() => http.Dispose();

    private HttpRequestMessage Request(OutboxMessage delivery, WebhookEndpoint endpoint, Uri url)
    {
        byte[] body = WebhookBody.Write(delivery);
        Instant now = Instant.FromDateTimeOffset(time.GetUtcNow());
        var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            Version = HttpVersion.Version11,
        };
        request.Headers.Add(WebhookSignature.Header, WebhookSignature.Sign(endpoint.ValidSecrets(now), now, body));
        request.Headers.Add("Metering-Event-Id", delivery.EventId);
        request.Headers.Add("Metering-Delivery-Id", delivery.Id);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Metering", "1"));
        return request;
    }

    private OutboxOutcome Judge(HttpResponseMessage answer)
    {
        int status = (int)answer.StatusCode;
        if (status is >= 200 and < 300)
            return OutboxOutcome.Done(status);
        if (answer.StatusCode == HttpStatusCode.Gone)
            return OutboxOutcome.GiveUp("The endpoint answered 410: it is gone.", status);
        return OutboxOutcome.Retry($"The endpoint answered {status}.", status, RetryAfter(answer));
    }

    private TimeSpan? RetryAfter(HttpResponseMessage answer)
    {
        RetryConditionHeaderValue? header = answer.Headers.RetryAfter;
        TimeSpan? wait = header?.Delta ?? (header?.Date is { } date ? date - time.GetUtcNow() : null);
        if (wait is not { } asked || asked <= TimeSpan.Zero)
            return null;
        return asked < options.LongestRetryAfter ? asked : options.LongestRetryAfter;
    }

    // Read so that the connection can serve again; nothing of it is kept. What fails from here changes nothing: the status has been said.
    private async Task DrainAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        try
        {
            await using Stream stream = await answer.Content.ReadAsStreamAsync(cancellation);
            var buffer = new byte[4096];
            int left = options.AnswerMaxBytes;
            while (left > 0 && await stream.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, left)), cancellation) is > 0 and int read)
                left -= read;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // An answer that breaks off after its head.
        }
    }

    private static string Describe(Exception failure)
    {
        for (Exception? inner = failure; inner is not null; inner = inner.InnerException)
        {
            if (inner is ForbiddenAddressException)
                return inner.Message;
        }

        Exception cause = failure;
        while (cause.InnerException is not null)
            cause = cause.InnerException;
        return $"No answer: {cause.Message}";
    }
}
