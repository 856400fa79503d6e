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

    // Nothing here waits for a cached key, so nothing is kept for the answer's sake.
    private Task SignInAsync(HttpContext context, AccessRule rule)
    {
        if (!signIn.TryFind(context.Request, out Caller? caller, out byte[]? sha256))
        {
            if (rule.Demand != AccessDemand.Cron || sha256 is null || !signIn.IsCron(sha256))
                return FindAsync(context, rule, sha256);
            caller = Caller.Cron;
        }

        return CountAsync(context, rule, caller);
    }

    private async Task FindAsync(HttpContext context, AccessRule rule, byte[]? sha256)
    {
        (Caller? caller, Problem? refusal) = await signIn.FindAsync(context, sha256);
        await (caller is null ? refusal!.ExecuteAsync(context) : CountAsync(context, rule, caller));
    }

    private Task CountAsync(HttpContext context, AccessRule rule, Caller caller)
    {
        ValueTask<Problem?> counted = keyLimits.CountAsync(caller, context, CancellationToken.None);
        return counted.IsCompletedSuccessfully ? EnterAsync(context, rule, caller, counted.Result) : AwaitAsync(counted);

        async Task AwaitAsync(ValueTask<Problem?> counting) => await EnterAsync(context, rule, caller, await counting);
    }

    private Task EnterAsync(HttpContext context, AccessRule rule, Caller caller, Problem? over)
    {
        Problem? refusal = over
            ?? (Allows(rule, caller) ? ControlCharacters.Refusal(context.Request) : Problem.From(ProblemCodes.Forbidden));
        if (refusal is not null)
            return refusal.ExecuteAsync(context);
        caller.Attach(context);
        EncodedSlashes.Decode(context);
        return next(context);
    }

    private static bool Allows(AccessRule rule, Caller caller) => rule.Demand switch
    {
        AccessDemand.Operator => caller.IsOperator,
        AccessDemand.Cron => caller.IsOperator || ReferenceEquals(caller, Caller.Cron),
        AccessDemand.Scope => caller.Has(rule.Scopes) && !ReferenceEquals(caller, Caller.Cron),
        _ => false,
    };
}
