using System.Buffers.Text;

namespace Metering.Benchmarks.Load;

/// <summary>Reads every wallet, once each, and writes down what is available and what was burned.</summary>
internal sealed class BalanceWorkload(LoadSpec spec) : EventWorkload(spec)
{
    private readonly Dictionary<LoadConnection, byte[]> copies = [];
    private readonly long[] available = new long[spec.Customers];
    private readonly long[] burned = new long[spec.Customers];
    private int sent;

    public override bool TryRender(LoadConnection connection)
    {
        if (sent == Spec.Customers)
            return false;
        if (!copies.TryGetValue(connection, out byte[]? copy))
            copies.Add(connection, copy = Head("GET", "/v1/wallets/c000000"));
        connection.Subject = sent++;
        EventTemplate.WriteCustomer(copy.AsSpan("GET /v1/wallets/".Length), Spec.FirstCustomer + (int)connection.Subject);
        connection.Request = copy;
        connection.RequestLength = copy.Length;
        return true;
    }

    public override Verdict Take(LoadConnection connection)
    {
        if (IsRetry(connection.Status))
            return Verdict.Again;
        if (connection.Status != 200)
            throw Unexpected(connection);
        available[connection.Subject] = Nanos(connection.Body, "\"available\":\""u8);
        burned[connection.Subject] = Nanos(connection.Body, "\"burned\":\""u8);
        return Verdict.Done;
    }

    public override void WriteLog() => TallyFile.Write(Spec.LogFile, available, burned);

    /// <summary>An amount in an answer, in nano-credits.</summary>
    public static long Nanos(ReadOnlySpan<byte> body, ReadOnlySpan<byte> member)
    {
        int at = body.IndexOf(member);
        return at >= 0 && Utf8Parser.TryParse(body[(at + member.Length)..], out decimal credits, out _)
            ? (long)(credits * 1_000_000_000m)
            : throw new InvalidDataException("The wallet has no " + System.Text.Encoding.ASCII.GetString(member));
    }
}
