namespace Metering.Benchmarks.Peers;

/// <summary>
/// Another way to build the heart of a meter: it takes the same events, keeps each once, debits the customer's balance and never below
/// zero, and answers when that is on the disk. A peer is started once, on a store of its own, and disposed after its cells.
/// </summary>
internal interface IPeer : IAsyncDisposable
{
    /// <summary>A short name for tables, the key in <see cref="PeerCatalog"/>.</summary>
    string Name { get; }

    /// <summary>
    /// Where it serves <c>POST /v1/events</c> (CloudEvents as JSON, one or an array): 204 when every event is durable, counted once and in
    /// the balance; 402 when at least one was refused for credits; 400 for malformed events, and 404 for an unknown customer, with nothing
    /// taken. A peer whose <see cref="AnswersBeforeDebit"/> is set answers 202 as soon as the events are durable.
    /// </summary>
    Uri Address { get; }

    /// <summary>
    /// Whether it answers before the balance includes the events; only <see cref="CountAsync"/> then says what was debited.
    /// </summary>
    bool AnswersBeforeDebit { get; }

    /// <summary>Makes its schema, opens the balances and serves on a free port of 127.0.0.1.</summary>
    Task StartAsync(PeerContext context, CancellationToken cancellationToken);

    /// <summary>Takes events without HTTP and JSON.</summary>
    /// <param name="events">The caller keeps them as they are until the task ends.</param>
    ValueTask<PeerAnswer> ApplyAsync(ReadOnlyMemory<PeerEvent> events);

    /// <summary>The process of a store that the peer started for itself; 0 where PostgreSQL is the store.</summary>
    int StoreProcessId => 0;

    /// <summary>How many events were answered and are not debited yet: 0 unless <see cref="AnswersBeforeDebit"/>.</summary>
    Task<long> WaitingAsync() => Task.FromResult(0L);

    /// <summary>How many events are debited so far, duplicates and refused ones not among them.</summary>
    Task<long> CountAsync();

    /// <summary>
    /// What all balances lost since the start, in nano-credits, read from the store and compared there with the sum of the kept events.
    /// </summary>
    /// <exception cref="InvalidDataException">The two differ.</exception>
    Task<long> SumDebitedAsync();

    /// <summary>What each balance lost since the start, in nano-credits, in the order of <see cref="PeerContext.Customers"/>.</summary>
    Task<long[]> DebitedAsync();
}
