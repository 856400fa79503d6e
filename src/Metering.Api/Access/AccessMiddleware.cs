using Metering.Api.Problems;
using Metering.Grid.Ingest;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Access;

/// <summary>
/// Lets a request pass to its endpoint if the endpoint's <see cref="AccessRule"/> allows. In this order: the limit of the address for a
/// request without a valid key, the key, the limit of the key, the rule.
/// </summary>
internal sealed class AccessMiddleware(
    RequestDelegate next, SignIn signIn, AddressGate gate, KeyLimits keyLimits)
{
    public Task InvokeAsync(HttpContext context)
    {
        // Routing answers a wrong method or media type by an endpoint of its own, which is no route.
        var endpoint = context.GetEndpoint() as RouteEndpoint;
        AccessRule? rule = endpoint?.Metadata.GetMetadata<AccessRule>();
        if (rule?.Demand == AccessDemand.Own)
            return next(context);
        if (rule?.Demand == AccessDemand.Anybody || endpoint is null)
            return gate.Refusal(context) is { } refusal ? refusal.ExecuteAsync(context) : next(context);
        return SignInAsync(context, rule ?? AccessRule.OperatorOnly);
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
            await (gate.Refusal(context) ?? Problem.From(ProblemCodes.Unauthorized, "Send a valid key.")).ExecuteAsync(context);
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
