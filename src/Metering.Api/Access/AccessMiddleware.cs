using Metering.Api.Hosting;
using Metering.Api.Problems;
using Metering.Grid.Ingest;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Access;

/// <summary>
/// Lets a request pass to its endpoint if the endpoint's <see cref="AccessRule"/> allows. In this order: the limit of the address for a request without a valid
/// key, the key, the limit of the key, the rule.
/// </summary>
internal sealed class AccessMiddleware(
    RequestDelegate next, SignIn signIn, AddressLimiter addresses, KeyLimits keyLimits, MeteringApiOptions options)
{
    public Task InvokeAsync(HttpContext context)
    {
        AccessRule? rule = context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>();
        if (rule?.Demand == AccessDemand.Own)
            return next(context);
        if (rule?.Demand == AccessDemand.Anybody || context.GetEndpoint() is null)
            return Refusal(context) is { } refusal ? refusal.ExecuteAsync(context) : next(context);
        return SignInAsync(context, rule ?? AccessRule.OperatorOnly);
    }

    /// <summary>Counts a request without a valid key.</summary>
    /// <returns>The problem when its address sends too many.</returns>
    internal Problem? Refusal(HttpContext context)
    {
        PathString path = context.Request.Path;
        foreach (string unlimited in options.UnlimitedPaths)
        {
            if (path.Equals(unlimited, StringComparison.OrdinalIgnoreCase))
                return null;
        }

        return addresses.TryCount(context.Connection.RemoteIpAddress, out int seconds)
            ? null
            : Problem.TooManyRequests(options.AddressRequestsPerMinute, seconds, "from this address without a key");
    }

    private async Task SignInAsync(HttpContext context, AccessRule rule)
    {
        if (!signIn.TryFind(context.Request, out Caller? caller, out byte[]? sha256) && sha256 is not null)
        {
            if (rule.Demand == AccessDemand.Cron && signIn.IsCron(sha256))
                caller = Caller.Cron;
            else
                caller = await signIn.FindAsync(sha256, context.RequestAborted);
        }

        if (caller is null)
        {
            await (Refusal(context) ?? Problem.From(ProblemCodes.Unauthorized, "Send a valid key.")).ExecuteAsync(context);
            return;
        }

        if (await keyLimits.CountAsync(caller, context) is { Allowed: false } status)
            await Problem.TooManyRequests(status.Limit, status.ResetSeconds, "with this key").ExecuteAsync(context);
        else if (!Allows(rule, caller))
            await Problem.From(ProblemCodes.Forbidden).ExecuteAsync(context);
        else
        {
            caller.Attach(context);
            await next(context);
        }
    }

    private static bool Allows(AccessRule rule, Caller caller) => rule.Demand switch
    {
        AccessDemand.Operator => caller.IsOperator,
        AccessDemand.Cron => caller.IsOperator || ReferenceEquals(caller, Caller.Cron),
        AccessDemand.Scope => caller.Has(rule.Scopes) && !ReferenceEquals(caller, Caller.Cron),
        _ => false,
    };
}
