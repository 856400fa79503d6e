using System.Globalization;
using System.Text;

namespace Metering.Benchmarks.Load;

/// <summary>
/// Events, with the client's own log: how many of each customer were acknowledged, and what they cost by the client's own account. A
/// request that was not answered for
/// good is sent again until it is, so the log is exact.
/// </summary>
internal class EventWorkload : Workload
{
    private readonly EventTemplate template;
    private readonly Dictionary<LoadConnection, byte[]> copies = [];
    private readonly long[] counts;
    private readonly long[] nanos;
    private long next;

    public EventWorkload(LoadSpec spec)
        : base(spec)
    {
        Stream = new EventStream(spec);
        template = new EventTemplate(spec.Key, spec.EventsARequest);
        counts = new long[spec.Customers];
        nanos = new long[spec.Customers];
        next = spec.FirstEvent;
    }

    public override long NextEvent => next;

    protected EventStream Stream { get; }

    public override bool TryRender(LoadConnection connection)
    {
        RenderEvents(connection);
        return true;
    }

    public override Verdict Take(LoadConnection connection)
    {
        if (IsRetry(connection.Status))
            return Verdict.Again;
        // A peer that answers before it debits says 202.
        if (connection.Status is 204 or 202)
            Log(connection.Subject);
        // Refused for lack of credits or by a limit is an answer; anything else is a fault of the benchmark.
        else if (connection.Status != 402)
            throw Unexpected(connection);
        return Verdict.Done;
    }

    public override void WriteLog() => TallyFile.Write(Spec.LogFile, counts, nanos);

    /// <summary>What a customer's events have cost so far.</summary>
    protected long NanosOf(int customer) => nanos[customer - Spec.FirstCustomer];

    /// <summary>The customer of the first event of a request.</summary>
    protected int CustomerOf(long first) => Stream.Of(first).Customer;

    protected void RenderEvents(LoadConnection connection)
    {
        if (!copies.TryGetValue(connection, out byte[]? copy))
            copies.Add(connection, copy = template.Copy());
        template.Fill(copy, Stream, next, Spec.EpochMilliseconds);
        connection.Request = copy;
        connection.RequestLength = template.Length;
        connection.Subject = next;
        connection.IsRead = false;
        next += Spec.EventsARequest;
    }

    protected void Log(long first)
    {
        for (long number = first; number < first + Spec.EventsARequest; number++)
        {
            if (Stream.ContentOf(number) != number)
                continue;
            Draw draw = Stream.Of(number);
            counts[draw.Customer - Spec.FirstCustomer]++;
            nanos[draw.Customer - Spec.FirstCustomer] += Stream.Nanos(draw);
            EventsLogged++;
        }

        Events += Spec.EventsARequest;
    }

    protected byte[] Head(string method, string path, string? body = null, string header = "")
    {
        string length = body is null
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n");
        return Encoding.ASCII.GetBytes(
            $"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {Spec.Key}\r\n{header}{length}\r\n{body}");
    }
}
