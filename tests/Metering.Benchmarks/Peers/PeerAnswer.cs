namespace Metering.Benchmarks.Peers;

/// <summary>What became of a request's events.</summary>
/// <param name="Debited">Events debited now.</param>
/// <param name="Refused">Events the balance did not cover: nothing of them is kept. The rest were there before.</param>
internal readonly record struct PeerAnswer(int Debited, int Refused);
