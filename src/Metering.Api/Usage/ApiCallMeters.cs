namespace Metering.Api.Usage;

/// <summary>
/// Meters of the api catalogue (<c>silo-config/catalog/api.json</c>), from which the members that are about API calls are made. Where a
/// catalogue lacks one, those members are left out.
/// </summary>
internal static class ApiCallMeters
{
    /// <summary>A count of all calls, by <c>endpoint</c> and <c>method</c>.</summary>
    public const string Calls = "calls";

    /// <summary>A count of the calls that are not marked <c>"billable": false</c>: what plans limit and price.</summary>
    public const string Billable = "calls_billable";

    /// <summary>A count of the calls with a status code of 400 and above, by <c>endpoint</c> and <c>method</c>.</summary>
    public const string Failed = "calls_failed";

    /// <summary>The mean of the response times in milliseconds, by <c>endpoint</c> and <c>method</c>.</summary>
    public const string ResponseTime = "calls_response_time_ms";

    /// <summary>The dimension that names an endpoint.</summary>
    public const string Endpoint = "endpoint";

    /// <summary>The dimension that names an HTTP method.</summary>
    public const string Method = "method";
}
