using System.Globalization;
using Metering.Api.Hosting;
using Metering.Core.Catalog;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Access;

/// <summary>
/// The rate limit of a customer's key: the plan's of the customer's default project, else the setting. Counted by key, in the customer's
/// partition. The operator's keys have no limit, and their answers carry no <c>X-RateLimit</c> headers.
/// </summary>
internal sealed class KeyLimits(IMeteringEngine engine, MeteringApiOptions options)
{
    private static readonly string[] SmallNumbers = [.. Enumerable.Range(0, 1024).Select(i => i.ToString(CultureInfo.InvariantCulture))];

    /// <summary>What to count a request of a key against.</summary>
    public RateCheck CheckOf(Caller caller, CustomerEntry customer)
    {
        CustomerRecord record = customer.Record;
        return engine.Directory.Catalog.TryFindPlan(record.Plan, record.PlanVersion, out Plan? plan) && plan.RateLimit is { } limit
            ? new RateCheck(caller.KeyId, limit.Requests, SecondsOf(limit.Per))
            : new RateCheck(caller.KeyId, options.KeyRequestsPerMinute, 60);
    }

    /// <summary>Counts a request that carries no events and says in the headers where its limit stands.</summary>
    /// <returns>The status, or null for the operator's key.</returns>
    public async ValueTask<RateStatus?> CountAsync(Caller caller, HttpContext context)
    {
        if (caller.CustomerId is null
            || await engine.Directory.FindCustomerAsync(caller.CustomerId, context.RequestAborted) is not { } customer)
            return null;
        RateStatus status = await engine.CountRequestAsync(customer, CheckOf(caller, customer), context.RequestAborted);
        Write(context.Response, status);
        return status;
    }

    /// <summary>Writes the headers.</summary>
    public static void Write(HttpResponse response, in RateStatus status)
    {
        IHeaderDictionary headers = response.Headers;
        headers["X-RateLimit-Limit"] = Text(status.Limit);
        headers["X-RateLimit-Remaining"] = Text(status.Remaining);
        headers["X-RateLimit-Reset"] = Text(status.ResetSeconds);
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
