using System.Globalization;
using Metering.Api.Hosting;
using Metering.Api.Problems;
using Metering.Core.Catalog;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Metering.Api.Access;

/// <summary>
/// The rate limit of a customer's key: the plan's of the customer's default project, else the setting. Counted by key, in the customer's
/// partition. The operator's keys have no limit, and their answers carry no <c>X-RateLimit</c> headers.
/// </summary>
internal sealed class KeyLimits(IMeteringEngine engine, MeteringApiOptions options)
{
    private const string LimitHeader = "X-RateLimit-Limit";
    private const string RemainingHeader = "X-RateLimit-Remaining";
    private const string ResetHeader = "X-RateLimit-Reset";

    private static readonly string[] SmallNumbers = [.. Enumerable.Range(0, 1024).Select(i => i.ToString(CultureInfo.InvariantCulture))];

    /// <summary>What to count a request of a key against.</summary>
    private RateCheck CheckOf(Caller caller, CustomerEntry customer)
    {
        CustomerRecord record = customer.Record;
        return engine.Directory.Catalog.TryFindPlan(record.Plan, record.PlanVersion, out Plan? plan) && plan.RateLimit is { } limit
            ? new RateCheck(caller.KeyId, limit.Requests, SecondsOf(limit.Per))
            : new RateCheck(caller.KeyId, options.KeyRequestsPerMinute, 60);
    }

    /// <summary>Counts a request, whatever becomes of it, and says in the headers where its limit stands.</summary>
    /// <returns>The problem when the key sends too many, or null.</returns>
    public ValueTask<Problem?> CountAsync(Caller caller, HttpContext context, CancellationToken cancellation) =>
        caller.CustomerId is null ? default : CountAsync(caller, caller.CustomerId, context, cancellation);

    private async ValueTask<Problem?> CountAsync(Caller caller, string customerId, HttpContext context, CancellationToken cancellation)
    {
        if (await engine.Directory.FindCustomerAsync(customerId, cancellation) is not { } customer)
            return null;
        RateStatus status = await engine.CountRequestAsync(customer, CheckOf(caller, customer), cancellation);
        Write(context.Response, status);
        return status.Allowed ? null : Problem.TooManyRequests(status.Limit, status.ResetSeconds, "with this key");
    }

    /// <summary>Takes an answer back that has not begun, but for these headers, which every answer to a key carries.</summary>
    public static void ClearBut(HttpResponse response)
    {
        StringValues limit = response.Headers[LimitHeader];
        StringValues remaining = response.Headers[RemainingHeader];
        StringValues reset = response.Headers[ResetHeader];
        response.Clear();
        if (limit.Count == 0)
            return;
        response.Headers[LimitHeader] = limit;
        response.Headers[RemainingHeader] = remaining;
        response.Headers[ResetHeader] = reset;
    }

    private static void Write(HttpResponse response, in RateStatus status)
    {
        IHeaderDictionary headers = response.Headers;
        headers[LimitHeader] = Text(status.Limit);
        headers[RemainingHeader] = Text(status.Remaining);
        headers[ResetHeader] = Text(status.ResetSeconds);
    }

    private static string Text(long number) =>
        (ulong)number < (ulong)SmallNumbers.Length ? SmallNumbers[number] : number.ToString(CultureInfo.InvariantCulture);

    private static int SecondsOf(RateInterval interval) => interval switch
    {
        RateInterval.Second => 1,
        RateInterval.Minute => 60,
        RateInterval.Hour => 3_600,
        RateInterval.Day => 86_400,
        _ => throw new ArgumentOutOfRangeException(nameof(interval), interval, "Not an interval."),
    };
}
