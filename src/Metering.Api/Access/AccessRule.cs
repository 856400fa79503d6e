using Metering.Grid.Directory;
using Microsoft.AspNetCore.Builder;

namespace Metering.Api.Access;

/// <summary>What an endpoint demands of its caller. An endpoint that says nothing is for the operator alone.</summary>
/// <param name="Demand">Which kind of caller.</param>
/// <param name="Scopes">The scopes a customer's key must have.</param>
public sealed record AccessRule(AccessDemand Demand, KeyScopes Scopes)
{
    internal static AccessRule OperatorOnly { get; } = new(AccessDemand.Operator, KeyScopes.None);
}

/// <summary>Which kind of caller an endpoint serves.</summary>
public enum AccessDemand
{
    /// <summary>The operator's keys alone.</summary>
    Operator = 0,

    /// <summary>A customer's key with the scopes, or the operator's.</summary>
    Scope = 1,

    /// <summary>The operator's keys, or the secret of the cron paths.</summary>
    Cron = 2,

    /// <summary>Anybody, within the limit of requests from one address.</summary>
    Anybody = 3,

    /// <summary>The endpoint signs its callers in itself.</summary>
    Own = 4,
}

/// <summary>Says who may call an endpoint or a group of them.</summary>
public static class AccessRules
{
    /// <summary>A customer's key must have these scopes; the operator's key has all. Whose data it may touch is the endpoint's to
    /// check.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, KeyScopes scopes)
        where TBuilder : IEndpointConventionBuilder => builder.WithRule(new AccessRule(AccessDemand.Scope, scopes));

    /// <summary>Only the operator's keys.</summary>
    public static TBuilder RequireOperator<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithRule(AccessRule.OperatorOnly);

    /// <summary>The operator's keys, or <c>CRON_SECRET</c>.</summary>
    public static TBuilder RequireOperatorOrCron<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithRule(new AccessRule(AccessDemand.Cron, KeyScopes.None));

    /// <summary>No key needed; counted against the limit of requests from one address.</summary>
    public static TBuilder AllowWithoutKey<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithRule(new AccessRule(AccessDemand.Anybody, KeyScopes.None));

    internal static TBuilder WithRule<TBuilder>(this TBuilder builder, AccessRule rule)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(rule));
        return builder;
    }
}
