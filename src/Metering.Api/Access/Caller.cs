using Metering.Grid.Directory;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Access;

/// <summary>
/// Who sends a request, proved by a key. Endpoints take it as a parameter; it is there wherever the endpoint's <see cref="AccessRule"/>
/// demands a key.
/// </summary>
public sealed class Caller
{
    /// <summary>The caller behind a key of the directory.</summary>
    public Caller(KeyRecord key)
    {
        KeyId = key.Id;
        CustomerId = key.CustomerId;
        Scopes = key.CustomerId is null ? KeyScopes.Ingest | KeyScopes.Read | KeyScopes.Wallet | KeyScopes.Billing : key.Scopes;
    }

    private Caller() => KeyId = "cron";

    /// <summary>The scheduler: who knows the secret of the cron paths, and may do nothing else.</summary>
    public static Caller Cron { get; } = new();

    /// <summary>The key's id.</summary>
    public string KeyId { get; }

    /// <summary>Whose key it is; null for the operator and the scheduler.</summary>
    public string? CustomerId { get; }

    /// <summary>What the key may do; everything for the operator.</summary>
    public KeyScopes Scopes { get; }

    /// <summary>Whether the key acts for all customers.</summary>
    public bool IsOperator => CustomerId is null && !ReferenceEquals(this, Cron);

    /// <summary>Whether the key acts for a customer: its own, or any for the operator.</summary>
    public bool MayActFor(string customerId) => IsOperator || (CustomerId is not null && CustomerId == customerId);

    /// <summary>Whether the key has all of some scopes.</summary>
    public bool Has(KeyScopes scopes) => (Scopes & scopes) == scopes;

    /// <summary>The caller of a request; null where the endpoint demands no key.</summary>
    public static Caller? Of(HttpContext context) => context.Features.Get<Caller>();

    /// <summary>Gives an endpoint's parameter its value.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context) => ValueTask.FromResult(Of(context));

    internal void Attach(HttpContext context) => context.Features.Set(this);
}
