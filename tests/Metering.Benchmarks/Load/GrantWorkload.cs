using System.Globalization;

namespace Metering.Benchmarks.Load;

/// <summary>Puts credits into every wallet, once each.</summary>
internal sealed class GrantWorkload(LoadSpec spec) : EventWorkload(spec)
{
    private readonly Dictionary<LoadConnection, byte[]> copies = [];
    private int sent;
    private int keyAt;

    public override bool TryRender(LoadConnection connection)
    {
        if (sent == Spec.Customers)
            return false;
        if (!copies.TryGetValue(connection, out byte[]? copy))
        {
            string body = string.Create(CultureInfo.InvariantCulture, $$"""{"amount":"{{Spec.GrantCredits}}","kind":"paid"}""");
            copies.Add(connection, copy = Head("POST", "/v1/wallets/c000000/grants", body, "Idempotency-Key: c000000\r\n"));
            keyAt = copy.AsSpan().IndexOf("Idempotency-Key: "u8) + "Idempotency-Key: ".Length;
        }

        connection.Subject = Spec.FirstCustomer + sent++;
        EventTemplate.WriteCustomer(copy.AsSpan("POST /v1/wallets/".Length), (int)connection.Subject);
        EventTemplate.WriteCustomer(copy.AsSpan(keyAt), (int)connection.Subject);
        connection.Request = copy;
        connection.RequestLength = copy.Length;
        return true;
    }

    public override Verdict Take(LoadConnection connection) =>
        IsRetry(connection.Status) ? Verdict.Again : connection.Status == 201 ? Verdict.Done : throw Unexpected(connection);
}
