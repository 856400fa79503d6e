using System.Runtime.InteropServices;
using Metering.Benchmarks.Peers.Queue;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>Writes batches on one connection: <c>debit_batch.sql</c>, and <c>debit_in_order.sql</c> for balances that run out.</summary>
internal sealed class BatchWriter : IEventWriter
{
    private const short Refused = 2;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _batch;
    private readonly NpgsqlCommand _inOrder;
    private readonly EventColumns _batchColumns = new();
    private readonly EventColumns _inOrderColumns = new();
    private readonly Dictionary<int, long> _totals = [];
    private readonly List<int> _accounts = [];
    private readonly List<long> _accountTotals = [];

    public BatchWriter(NpgsqlConnection connection)
    {
        _connection = connection;
        _batch = new NpgsqlCommand(SqlFile.Read("debit_batch"), connection);
        _batchColumns.AddTo(_batch.Parameters);
        _batch.Parameters.Add(EventColumns.Column(_accounts, NpgsqlDbType.Integer));
        _batch.Parameters.Add(EventColumns.Column(_accountTotals, NpgsqlDbType.Bigint));
        _inOrder = new NpgsqlCommand("SELECT debit_in_order($1, $2, $3, $4, $5, $6, $7)", connection);
        _inOrderColumns.AddTo(_inOrder.Parameters);
    }

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await _batch.PrepareAsync(cancellationToken);
        await _inOrder.PrepareAsync(cancellationToken);
    }

    public async Task WriteAsync(IReadOnlyList<PeerEvent> events, bool[] refused)
    {
        int[]? uncovered = await WriteBatchAsync(events);
        if (uncovered is not null)
            await WriteInOrderAsync(events, [.. uncovered], refused);
    }

    public async ValueTask DisposeAsync()
    {
        await _batch.DisposeAsync();
        await _inOrder.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task<int[]?> WriteBatchAsync(IReadOnlyList<PeerEvent> events)
    {
        Fill(events);
        await using NpgsqlDataReader rows = await _batch.ExecuteReaderAsync();
        await rows.ReadAsync();
        if (rows.GetInt64(1) != 0)
            throw new InvalidDataException("A locked balance did not cover what it was seen to cover.");
        return rows.IsDBNull(0) ? null : rows.GetFieldValue<int[]>(0);
    }

    private void Fill(IReadOnlyList<PeerEvent> events)
    {
        _batchColumns.Clear();
        _totals.Clear();
        _accounts.Clear();
        _accountTotals.Clear();
        for (int i = 0; i < events.Count; i++)
        {
            PeerEvent item = events[i];
            _batchColumns.Add(item);
            CollectionsMarshal.GetValueRefOrAddDefault(_totals, item.Customer, out _) += item.AmountNano;
        }

        foreach ((int account, long total) in _totals)
        {
            _accounts.Add(account);
            _accountTotals.Add(total);
        }
    }

    private async Task WriteInOrderAsync(IReadOnlyList<PeerEvent> events, HashSet<int> uncovered, bool[] refused)
    {
        // Accounts in their order, as in the batch, and within each the events as they came.
        int[] places = [.. Enumerable.Range(0, events.Count)
            .Where(place => uncovered.Contains(events[place].Customer))
            .OrderBy(place => events[place].Customer)];
        _inOrderColumns.Clear();
        foreach (int place in places)
            _inOrderColumns.Add(events[place]);
        short[] answers = await CallInOrderAsync();
        for (int i = 0; i < places.Length; i++)
            refused[places[i]] = answers[i] == Refused;
    }

    private async Task<short[]> CallInOrderAsync()
    {
        // Each account is locked after the insert of its first event, so two calls with the same events can meet in a ring.
        while (true)
        {
            try
            {
                return (short[])(await _inOrder.ExecuteScalarAsync())!;
            }
            catch (PostgresException deadlock) when (deadlock.SqlState == PostgresErrorCodes.DeadlockDetected)
            {
            }
        }
    }
}
