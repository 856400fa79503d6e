namespace Metering.Benchmarks.Peers;

/// <summary>What a peer is started with.</summary>
/// <param name="ConnectionString">
/// An empty PostgreSQL database of its own, on a server with <c>fsync</c> and <c>synchronous_commit</c> on.
/// </param>
/// <param name="Folder">An empty folder of its own, on the disk that the database is on.</param>
/// <param name="Customers">The customers' ids. An event whose subject is none of them is not taken.</param>
/// <param name="OpeningNano">What each balance holds at the start, in nano-credits.</param>
internal sealed record PeerContext(string ConnectionString, string Folder, IReadOnlyList<string> Customers, long OpeningNano);
