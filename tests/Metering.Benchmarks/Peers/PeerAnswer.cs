namespace Metering.Benchmarks.Peers;

/// <summary>What became of a request's events.</summary>
/// <param name="Taken">Events debited, now or, for duplicates, before.</param>
/// <param name="Refused">Events the balance did not cover: nothing of them is kept.</param>
internal readonly record struct PeerAnswer(int Taken, int Refused);
