namespace Metering.Benchmarks.Load;

/// <summary>Asks whether an event would be allowed; with <paramref name="checksOfTen"/> below 10, the other requests send events.</summary>
internal sealed class CheckWorkload(LoadSpec spec, int checksOfTen) : EventWorkload(spec)
{
    private const string Body =
        """{"type":"TOKEN_USAGE","data":{"provider":"OPENAI","model":"gpt-4o","input_tokens":1234,"output_tokens":234}}""";

    private readonly Dictionary<LoadConnection, byte[]> copies = [];
    private long asked;

    public override bool HasReads => checksOfTen < 10;

    public override bool TryRender(LoadConnection connection)
    {
        long number = asked++;
        if (number % 10 >= checksOfTen)
            return base.TryRender(connection);
        if (!copies.TryGetValue(connection, out byte[]? copy))
            copies.Add(connection, copy = Head("POST", "/v1/usage/c000000/check-limits", Body));
        int customer = Stream.Of(Spec.FirstEvent + number).Customer;
        EventTemplate.WriteCustomer(copy.AsSpan("POST /v1/usage/".Length), customer);
        connection.Request = copy;
        connection.RequestLength = copy.Length;
        connection.IsRead = true;
        return true;
    }

    public override Verdict Take(LoadConnection connection)
    {
        if (!connection.IsRead)
            return base.Take(connection);
        if (IsRetry(connection.Status))
            return Verdict.Again;
        return connection.Status == 200 && connection.Body.IndexOf("\"allowed\":true"u8) >= 0 ? Verdict.Done : throw Unexpected(connection);
    }
}
