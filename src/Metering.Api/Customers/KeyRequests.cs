using Metering.Api.Json;
using Metering.Core.Time;
using Metering.Grid.Directory;

namespace Metering.Api.Customers;

/// <summary>The words of <see cref="KeyScopes"/>.</summary>
internal static class ScopeWords
{
    private static readonly (string Word, KeyScopes Value)[] All =
        [("ingest", KeyScopes.Ingest), ("read", KeyScopes.Read), ("wallet", KeyScopes.Wallet), ("billing", KeyScopes.Billing)];

    public static IReadOnlyList<string> Of(KeyScopes scopes) =>
        [.. All.Where(pair => scopes.HasFlag(pair.Value)).Select(pair => pair.Word)];

    public static KeyScopes? Find(string word)
    {
        foreach (var pair in All)
        {
            if (pair.Word == word)
                return pair.Value;
        }

        return null;
    }

    public static string Names => string.Join(", ", All.Select(pair => pair.Word));
}

/// <summary>The body of <c>POST /v1/customers/{id}/keys</c>.</summary>
/// <param name="Name">A label.</param>
/// <param name="Scopes">What it may do: any of <c>ingest</c>, <c>read</c>, <c>wallet</c>, <c>billing</c>, at least one.</param>
/// <param name="Sha256">The SHA-256 of a secret that the caller keeps, as 64 hexadecimal digits; where it is absent a secret is
/// made.</param>
public sealed record CreateKeyRequest(string Name, IReadOnlyList<string> Scopes, string? Sha256)
{
    internal KeyScopes ScopeFlags { get; private init; }

    internal byte[]? Hash { get; private init; }

    internal static CreateKeyRequest? Read(BodyObject body)
    {
        var name = body.Text("name", required: true);
        var flags = KeyScopes.None;
        var texts = body.Texts("scopes", 8, required: true);
        foreach (var (field, word) in texts ?? [])
        {
            if (ScopeWords.Find(word) is { } scope)
                flags |= scope;
            else
                body.Fault(field, $"Must be one of {ScopeWords.Names}.");
        }

        if (texts is { Count: 0 })
            body.Fault("scopes", "Must name at least one.");
        var hash = ReadHash(body);
        return name is null
            ? null
            : new CreateKeyRequest(name, ScopeWords.Of(flags), hash is null ? null : Convert.ToHexStringLower(hash))
            {
                ScopeFlags = flags,
                Hash = hash,
            };
    }

    private static byte[]? ReadHash(BodyObject body)
    {
        if (body.Text("sha256") is not { } text)
            return null;
        if (text.Length == 64 && text.All(char.IsAsciiHexDigit))
            return Convert.FromHexString(text);
        body.Fault("sha256", "Must be 64 hexadecimal digits.");
        return null;
    }
}

/// <summary>A key, without its secret.</summary>
/// <param name="Id">Names it in paths.</param>
/// <param name="Prefix">Its first characters, to recognise it by; of a key that was given as a hash, the hash's.</param>
/// <param name="CustomerId">Whose key; null for an operator's.</param>
/// <param name="Name">Its label.</param>
/// <param name="Scopes">What it may do; an operator's key may do everything.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="RevokedAt">When it was revoked, or null.</param>
public sealed record KeyAnswer(
    string Id, string Prefix, string? CustomerId, string Name, IReadOnlyList<string> Scopes, Instant CreatedAt, Instant? RevokedAt)
{
    internal static KeyAnswer Of(KeyRecord key) =>
        new(key.Id, key.Prefix, key.CustomerId, key.Name, ScopeWords.Of(key.Scopes), key.CreatedAt, key.RevokedAt);
}

/// <summary>A key that was just made.</summary>
/// <param name="Id">Names it in paths.</param>
/// <param name="Secret">The key itself, shown this once; null where its hash was given.</param>
/// <param name="Prefix">Its first characters.</param>
/// <param name="CustomerId">Whose key; null for an operator's.</param>
/// <param name="Name">Its label.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record NewKeyAnswer(
    string Id, string? Secret, string Prefix, string? CustomerId, string Name, IReadOnlyList<string> Scopes, Instant CreatedAt)
{
    internal static NewKeyAnswer Of(KeyRecord key, string? secret) =>
        new(key.Id, secret, key.Prefix, key.CustomerId, key.Name, ScopeWords.Of(key.Scopes), key.CreatedAt);
}
