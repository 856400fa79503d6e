namespace Metering.Benchmarks.Load;

/// <summary>
/// Sends an event and, when it is acknowledged, reads the wallet at once: how long until the client sees it, and whether the first read
/// shows it. Each connection has
/// customers that no other one uses.
/// </summary>
internal sealed class FreshnessWorkload(LoadSpec spec) : EventWorkload(spec)
{
    private readonly Dictionary<LoadConnection, byte[]> reads = [];
    private readonly Dictionary<LoadConnection, int> pending = [];
    private readonly HashSet<int> busy = [];

    public override bool HasReads => true;

    public override bool TryRender(LoadConnection connection)
    {
        if (pending.TryGetValue(connection, out int customer))
            return RenderRead(connection, customer);
        do
            RenderEvents(connection);
        while (!busy.Add(CustomerOf(connection.Subject)));
        return true;
    }

    public override Verdict Take(LoadConnection connection)
    {
        if (IsRetry(connection.Status))
            return Verdict.Again;
        if (!connection.IsRead)
        {
            base.Take(connection);
            pending.Add(connection, CustomerOf(connection.Subject));
            return Verdict.Done;
        }

        int customer = pending[connection];
        if (BalanceWorkload.Nanos(connection.Body, "\"burned\":\""u8) != NanosOf(customer))
        {
            Stale++;
            return Verdict.Again;
        }

        pending.Remove(connection);
        busy.Remove(customer);
        return Verdict.Done;
    }

    private bool RenderRead(LoadConnection connection, int customer)
    {
        if (!reads.TryGetValue(connection, out byte[]? copy))
            reads.Add(connection, copy = Head("GET", "/v1/wallets/c000000"));
        EventTemplate.WriteCustomer(copy.AsSpan("GET /v1/wallets/".Length), customer);
        connection.Request = copy;
        connection.RequestLength = copy.Length;
        connection.IsRead = true;
        return true;
    }
}
