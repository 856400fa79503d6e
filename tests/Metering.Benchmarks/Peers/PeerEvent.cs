using System.Runtime.InteropServices;

namespace Metering.Benchmarks.Peers;

/// <summary>A priced event, as every peer's store takes it.</summary>
/// <param name="Key">The identity, from <c>source</c> and <c>id</c> (<see cref="EventKey"/>).</param>
/// <param name="Customer">The place of the customer in <see cref="PeerContext.Customers"/>.</param>
/// <param name="Model">The number of the price in <see cref="PeerPrices"/>.</param>
/// <param name="InputTokens">Tokens read.</param>
/// <param name="OutputTokens">Tokens written.</param>
/// <param name="AmountNano">The price of the event, in nano-credits.</param>
/// <param name="AtMicros">When it happened, in microseconds since 1970.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PeerEvent(
    Guid Key, int Customer, short Model, int InputTokens, int OutputTokens, long AmountNano, long AtMicros);
