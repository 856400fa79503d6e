using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Metering.Benchmarks.Peers.Http;
using Metering.Benchmarks.Peers.Queue;

namespace Metering.Benchmarks.Peers.Redis;

/// <summary>Redis with a script and an append-only file that is synced before each answer.</summary>
internal sealed class RedisPeer : IPeer
{
    // The server has one thread: two connections keep it busy, as one is served while the other's answer is on its way.
    private const int Writers = 2;
    private const int EventsAWrite = 1_000;
    private const int ScanCount = 5_000;
    private const int BalancesACommand = 10_000;

    private PeerContext? _context;
    private RedisProcess? _redis;
    private WriterPool? _pool;
    private PeerServer? _server;

    public string Name => "redis-lua";

    public bool AnswersBeforeDebit => false;

    public int StoreProcessId => _redis!.Id;

    public Uri Address => _server!.Address;

    public async Task StartAsync(PeerContext context, CancellationToken cancellationToken)
    {
        _context = context;
        _redis = await RedisProcess.StartAsync(context.Folder, cancellationToken);
        using RespConnection setup = await RespConnection.OpenAsync(_redis.Socket, cancellationToken);
        await OpenBalancesAsync(setup);
        setup.Begin(3);
        setup.Part("SCRIPT"u8);
        setup.Part("LOAD"u8);
        setup.Part(RedisFile.Read("debit.lua"));
        string script = Encoding.ASCII.GetString((byte[])(await CallAsync(setup))!);
        var writers = new List<IEventWriter>();
        for (int i = 0; i < Writers; i++)
            writers.Add(new RedisWriter(await RespConnection.OpenAsync(_redis.Socket, cancellationToken), script));
        _pool = new WriterPool(writers, EventsAWrite);
        _server = await PeerServer.StartAsync(this, context, cancellationToken);
    }

    public ValueTask<PeerAnswer> ApplyAsync(ReadOnlyMemory<PeerEvent> events) => new(_pool!.ApplyAsync(events));

    public async Task<long> CountAsync()
    {
        using RespConnection connection = await RespConnection.OpenAsync(_redis!.Socket, CancellationToken.None);
        connection.Begin(1);
        connection.Part("DBSIZE"u8);
        return Number(await CallAsync(connection)) - _context!.Customers.Count;
    }

    public async Task<long> SumDebitedAsync()
    {
        long lost = (await DebitedAsync()).Sum();
        long kept = await SumEventsAsync();
        return kept == lost
            ? lost
            : throw new InvalidDataException($"{Name}: the balances lost {lost}, but the events sum to {kept}.");
    }

    public async Task<long[]> DebitedAsync()
    {
        using RespConnection connection = await RespConnection.OpenAsync(_redis!.Socket, CancellationToken.None);
        long[] debited = new long[_context!.Customers.Count];
        for (int first = 0; first < debited.Length; first += BalancesACommand)
        {
            int count = Math.Min(BalancesACommand, debited.Length - first);
            connection.Begin(count + 1);
            connection.Part("MGET"u8);
            for (int i = 0; i < count; i++)
                Balance(connection, first + i);
            var values = (object?[])(await CallAsync(connection))!;
            for (int i = 0; i < count; i++)
                debited[first + i] = _context.OpeningNano - Number(values[i]);
        }

        return debited;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        if (_pool is not null)
            await _pool.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }

    private static async Task<object?> CallAsync(RespConnection connection)
    {
        await connection.SendAsync();
        return await connection.ReadAsync();
    }

    private static void Balance(RespConnection connection, int customer)
    {
        Span<byte> key = stackalloc byte[RedisWriter.BalanceKeyLength];
        RedisWriter.BalanceKey(customer, key);
        connection.Part(key);
    }

    private static long Number(object? value) =>
        Utf8Parser.TryParse((byte[])value!, out long number, out _) ? number : throw new InvalidDataException("Redis answered no number.");

    private async Task OpenBalancesAsync(RespConnection connection)
    {
        for (int first = 0; first < _context!.Customers.Count; first += BalancesACommand)
        {
            int count = Math.Min(BalancesACommand, _context.Customers.Count - first);
            connection.Begin((2 * count) + 1);
            connection.Part("MSET"u8);
            for (int i = 0; i < count; i++)
            {
                Balance(connection, first + i);
                connection.Part(_context.OpeningNano);
            }

            await CallAsync(connection);
        }
    }

    /// <summary>The sum of all kept events; exact only while nothing is written.</summary>
    private async Task<long> SumEventsAsync()
    {
        using RespConnection connection = await RespConnection.OpenAsync(_redis!.Socket, CancellationToken.None);
        var seen = new HashSet<Guid>();
        long sum = 0;
        byte[] cursor = "0"u8.ToArray();
        do
        {
            connection.Begin(4);
            connection.Part("SCAN"u8);
            connection.Part(cursor);
            connection.Part("COUNT"u8);
            connection.Part(ScanCount);
            var page = (object?[])(await CallAsync(connection))!;
            cursor = (byte[])page[0]!;

            // A scan may name a key twice.
            byte[][] events = [.. ((object?[])page[1]!).Cast<byte[]>()
                .Where(key => key.Length == RedisWriter.KeyLength && seen.Add(new Guid(key.AsSpan(1))))];
            sum += await SumAsync(connection, events);
        }
        while (!cursor.AsSpan().SequenceEqual("0"u8));
        return sum;
    }

    private static async Task<long> SumAsync(RespConnection connection, byte[][] events)
    {
        if (events.Length == 0)
            return 0;
        connection.Begin(events.Length + 1);
        connection.Part("MGET"u8);
        foreach (byte[] key in events)
            connection.Part(key);
        var values = (object?[])(await CallAsync(connection))!;
        return values.Sum(value => BinaryPrimitives.ReadInt64LittleEndian((byte[])value!));
    }
}
