using Metering.Api.Hosting;
using Metering.Api.Problems;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Requests;

/// <summary>
/// Bounds the bytes of all bodies that are held at once. A small body is not counted: of those the number of connections is bound enough.
/// </summary>
internal sealed class BodyBudget(MeteringApiOptions options)
{
    /// <summary>The largest body that is not counted.</summary>
    public const int UncountedBytes = 64 * 1024;

    private long held;

    /// <summary>Bytes reserved now.</summary>
    public long Held => Interlocked.Read(ref held);

    /// <summary>Sets room aside until the request has been answered.</summary>
    /// <param name="context">The request.</param>
    /// <param name="bytes">How many more.</param>
    /// <returns>The problem when there is no room, or null.</returns>
    public Problem? Reserve(HttpContext context, long bytes)
    {
        if (Interlocked.Add(ref held, bytes) > options.BodiesMaxBytes)
        {
            Interlocked.Add(ref held, -bytes);
            return Problem.From(ProblemCodes.Overloaded, "Too many large bodies are held. Nothing was taken; send it again.");
        }

        context.Response.RegisterForDispose(new Reservation(this, bytes));
        return null;
    }

    private sealed class Reservation(BodyBudget budget, long bytes) : IDisposable
    {
        private int given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref given, 1) == 0)
                Interlocked.Add(ref budget.held, -bytes);
        }
    }
}
