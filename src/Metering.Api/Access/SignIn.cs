using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Metering.Api.Hosting;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Access;

/// <summary>
/// Finds out who sends a request. A key is looked up by its hash, so the time it takes says nothing about other keys; a cached one costs
/// no allocation and no wait. A revoked key stops within the directory's five seconds.
/// </summary>
internal sealed class SignIn(IMeteringEngine engine, MeteringApiOptions options)
{
    /// <summary>Callers kept beside the directory's cache; past it the table starts again.</summary>
    private const int CallersMax = 100_000;

    private readonly ConcurrentDictionary<string, (KeyRecord Key, Caller Caller)> callers = new(StringComparer.Ordinal);
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

    /// <summary>The caller of a key, read from the control database where it must be; null for an unknown or revoked one.</summary>
    /// <exception cref="DirectoryUnavailableException">The key is not cached and the control database is away.</exception>
    public async ValueTask<Caller?> FindAsync(byte[] sha256, CancellationToken cancellation) =>
        await engine.Directory.FindKeyAsync(sha256, cancellation) is { } key ? CallerOf(key) : null;

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
