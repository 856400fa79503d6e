using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Metering.Api.Hosting;
using Metering.Api.Problems;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Access;

/// <summary>
/// Finds out who sends a request. A key is looked up by its hash, so the time it takes says nothing about other keys; a cached one costs
/// no allocation and no wait. A revoked key stops within the directory's five seconds.
/// </summary>
internal sealed class SignIn(IMeteringEngine engine, MeteringApiOptions options, AddressGate gate, TimeProvider time)
{
    /// <summary>Callers kept beside the directory's cache; past it the table starts again.</summary>
    private const int CallersMax = 100_000;

    private readonly ConcurrentDictionary<string, (KeyRecord Key, Caller Caller)> callers = new(StringComparer.Ordinal);
    private readonly KeyLookups lookups = new(engine.Directory, new AddressLimiter(options, time), time);
    private readonly byte[]? cronSha256 = options.CronSecret is { } secret ? SHA256.HashData(Encoding.UTF8.GetBytes(secret)) : null;

    /// <summary>The caller of a request, where its key is cached.</summary>
    /// <param name="request">The request.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="sha256">The key's hash where it has to be looked up, by <see cref="FindAsync"/>; null where there is no key.</param>
    public bool TryFind(HttpRequest request, [NotNullWhen(true)] out Caller? caller, out byte[]? sha256)
    {
        caller = null;
        sha256 = null;
        Span<byte> hash = stackalloc byte[KeyReader.HashBytes];
        if (!KeyReader.TryHash(request, hash))
            return false;
        if (engine.Directory.TryFindCachedKey(hash, out KeyRecord? key))
        {
            caller = CallerOf(key);
            return true;
        }

        sha256 = hash.ToArray();
        return false;
    }

    /// <summary>The caller of a request whose key is not cached, or the refusal: <c>unauthorized</c>, or <c>rate_limited</c> where its
    /// address sends too many without a valid key.</summary>
    /// <param name="context">The request.</param>
    /// <param name="sha256">The key's hash; null where there is no key.</param>
    /// <exception cref="DirectoryUnavailableException">The control database is away.</exception>
    public async ValueTask<(Caller? Caller, Problem? Refusal)> FindAsync(HttpContext context, byte[]? sha256)
    {
        if (sha256 is not null)
        {
            KeyLookup found = await lookups.FindAsync(sha256, context.Connection.RemoteIpAddress, context.RequestAborted);
            if (found.Key is { } key)
                return (CallerOf(key), null);
            if (found.RetryAfterSeconds > 0)
                return (null, gate.TooMany(found.RetryAfterSeconds));
        }

        return (null, gate.Refusal(context) ?? Problem.From(ProblemCodes.Unauthorized, "Send a valid key."));
    }

    /// <summary>Whether a hash is that of the cron paths' secret.</summary>
    public bool IsCron(byte[] sha256) => cronSha256 is not null && CryptographicOperations.FixedTimeEquals(cronSha256, sha256);

    private Caller CallerOf(KeyRecord key)
    {
        if (callers.TryGetValue(key.Id, out (KeyRecord Key, Caller Caller) known) && ReferenceEquals(known.Key, key))
            return known.Caller;
        if (callers.Count >= CallersMax)
            callers.Clear();
        var caller = new Caller(key);
        callers[key.Id] = (key, caller);
        return caller;
    }
}
