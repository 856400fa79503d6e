using Metering.Benchmarks.Peers.Http;
using Metering.Benchmarks.Peers.Queue;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>
/// What the PostgreSQL peers share: the schema, the opening balances, a queue before a few prepared connections, the checks.
/// </summary>
internal abstract class PostgresPeer : IPeer
{
    private NpgsqlDataSource? _source;
    private PeerContext? _context;
    private PeerServer? _server;
    private WriterPool? _pool;

    public abstract string Name { get; }

    public virtual bool AnswersBeforeDebit => false;

    public Uri Address => (_server ?? throw new InvalidOperationException("Not started.")).Address;

    /// <summary>How many connections write at once.</summary>
    protected abstract int Writers { get; }

    /// <summary>How many events a write takes at most.</summary>
    protected abstract int EventsAWrite { get; }

    /// <summary>The files that make the schema, in order.</summary>
    protected virtual IEnumerable<string> Schema => ["schema"];

    public async Task StartAsync(PeerContext context, CancellationToken cancellationToken)
    {
        _context = context;
        _source = Connect(context.ConnectionString);
        await MakeSchemaAsync(cancellationToken);
        var writers = new List<IEventWriter>();
        for (int i = 0; i < Writers; i++)
            writers.Add(await OpenWriterAsync(await _source.OpenConnectionAsync(cancellationToken), cancellationToken));
        _pool = new WriterPool(writers, EventsAWrite);
        await StartedAsync(_source, cancellationToken);
        _server = await PeerServer.StartAsync(this, context, cancellationToken);
    }

    public ValueTask<PeerAnswer> ApplyAsync(ReadOnlyMemory<PeerEvent> events) => new(_pool!.ApplyAsync(events));

    public Task<long> CountAsync() => CountAsync("events");

    public virtual Task<long> WaitingAsync() => Task.FromResult(0L);

    public async Task<long> SumDebitedAsync()
    {
        // One statement, so one moment.
        await using NpgsqlCommand command = _source!.CreateCommand("""
            SELECT (SELECT coalesce(sum(amount), 0)::bigint FROM events), (SELECT coalesce(sum($1 - balance), 0)::bigint FROM accounts)
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = _context!.OpeningNano });
        command.CommandTimeout = 0;
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        long kept = row.GetInt64(0);
        long lost = row.GetInt64(1);
        return kept == lost
            ? lost
            : throw new InvalidDataException($"{Name}: the balances lost {lost}, but the events sum to {kept}.");
    }

    public async Task<long[]> DebitedAsync()
    {
        long[] debited = new long[_context!.Customers.Count];
        await using NpgsqlCommand command = _source!.CreateCommand("SELECT account_id, balance FROM accounts");
        await using NpgsqlDataReader rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            debited[rows.GetInt32(0)] = _context.OpeningNano - rows.GetInt64(1);
        return debited;
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        if (_pool is not null)
            await _pool.DisposeAsync();
        if (_source is not null)
            await _source.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Prepares a connection; the writer owns it.</summary>
    protected abstract Task<IEventWriter> OpenWriterAsync(NpgsqlConnection connection, CancellationToken cancellationToken);

    /// <summary>Called once the schema and the writers are there, before the first request.</summary>
    protected virtual Task StartedAsync(NpgsqlDataSource source, CancellationToken cancellationToken) => Task.CompletedTask;

    private static NpgsqlDataSource Connect(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            // As Npgsql's guide to performance says: connections are kept, so nothing is reset or enlisted, and a batch fits its buffer.
            MaxPoolSize = 128,
            NoResetOnClose = true,
            Enlist = false,
            WriteBufferSize = 128 * 1024,

            // The statements are small and always the same: planning each anew or compiling it costs more than it brings. The tables are
            // empty when the plans are made, so the planner is told to use the indexes it will need.
            Options = "-c jit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off "
                + "-c enable_hashjoin=off -c enable_mergejoin=off",
        };
        return NpgsqlDataSource.Create(settings);
    }

    private async Task MakeSchemaAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _source!.OpenConnectionAsync(cancellationToken);
        foreach (string file in Schema)
        {
            await using var make = new NpgsqlCommand(SqlFile.Read(file), connection);
            await make.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (NpgsqlBinaryImporter rows = await connection.BeginBinaryImportAsync(
            "COPY accounts (account_id, balance) FROM STDIN (FORMAT binary)", cancellationToken))
        {
            for (int i = 0; i < _context!.Customers.Count; i++)
            {
                await rows.StartRowAsync(cancellationToken);
                await rows.WriteAsync(i, NpgsqlDbType.Integer, cancellationToken);
                await rows.WriteAsync(_context.OpeningNano, NpgsqlDbType.Bigint, cancellationToken);
            }

            await rows.CompleteAsync(cancellationToken);
        }

        await using var vacuum = new NpgsqlCommand("VACUUM ANALYZE accounts", connection);
        await vacuum.ExecuteNonQueryAsync(cancellationToken);
    }

    protected async Task<long> CountAsync(string table)
    {
        await using NpgsqlCommand command = _source!.CreateCommand($"SELECT count(*) FROM {table}");
        command.CommandTimeout = 0;
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
