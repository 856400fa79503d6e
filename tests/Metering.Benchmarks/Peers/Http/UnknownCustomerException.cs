namespace Metering.Benchmarks.Peers.Http;

/// <summary>The subject of an event is no customer.</summary>
internal sealed class UnknownCustomerException : Exception;
