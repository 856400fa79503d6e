using Metering.Api.Problems;
using Metering.Api.Requests;
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
        Problem? refusal = null;
        if (!signIn.TryFind(context.Request, out Caller? caller, out byte[]? sha256))
        {
            if (rule.Demand == AccessDemand.Cron && sha256 is not null && signIn.IsCron(sha256))
                caller = Caller.Cron;
            else
                (caller, refusal) = await signIn.FindAsync(context, sha256);
        }

        if (caller is null)
            await refusal!.ExecuteAsync(context);
        else if (await keyLimits.CountAsync(caller, context, context.RequestAborted) is { } over)
            await over.ExecuteAsync(context);
        else if (!Allows(rule, caller))
            await Problem.From(ProblemCodes.Forbidden).ExecuteAsync(context);
        else if (ControlCharacters.Refusal(context.Request) is { } malformed)
            await malformed.ExecuteAsync(context);
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
