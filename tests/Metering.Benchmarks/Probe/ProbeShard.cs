using System.Buffers.Binary;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Benchmarks.Probe;

/// <summary>
/// The least a shard can do: balances in a dictionary, one writer, one packed row a group with the epoch check, all who wait told after
/// the commit.
/// </summary>
internal sealed class ProbeShard(NpgsqlDataSource database)
{
    /// <summary>Id, customer, cost and time.</summary>
    private const int EventBytes = 40;

    private const string Write = """
        INSERT INTO probe_journal (seq, epoch, body)
        SELECT $1, $2, $3 FROM (SELECT epoch FROM probe_lease WHERE epoch = $2 FOR SHARE) AS held
        """;

    public const string Schema = """
        CREATE TABLE probe_journal (seq bigint PRIMARY KEY, epoch bigint NOT NULL, body bytea NOT NULL);
        ALTER TABLE probe_journal ALTER COLUMN body SET STORAGE EXTERNAL;
        ALTER TABLE probe_journal SET (toast_tuple_target = 8160);
        CREATE TABLE probe_lease (epoch bigint NOT NULL);
        INSERT INTO probe_lease VALUES (1);
        """;

    private readonly Lock gate = new();
    private readonly Dictionary<ulong, long> balances = new(200_000);
    private byte[] group = new byte[1 << 20];
    private byte[] writing = new byte[1 << 20];
    private int length;
    private TaskCompletionSource waiters = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool running;
    private long sequence;

    /// <summary>Debits, journals, and completes once that is durable.</summary>
    public Task Take(ReadOnlySpan<ProbeEvent> events)
    {
        Task durable;
        lock (gate)
        {
            int needed = length + (events.Length * EventBytes);
            if (needed > group.Length)
                Array.Resize(ref group, Math.Max(needed, group.Length * 2));
            foreach (ref readonly ProbeEvent item in events)
            {
                System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(balances, item.Customer, out _) -= item.Cost;
                Pack(group.AsSpan(length), in item);
                length += EventBytes;
            }

            durable = waiters.Task;
            if (running)
                return durable;
            running = true;
        }

        using (ExecutionContext.SuppressFlow())
            _ = PumpAsync();
        return durable;
    }

    private static void Pack(Span<byte> target, in ProbeEvent item)
    {
        item.Id.TryWriteBytes(target);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], item.Customer);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], item.Cost);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], item.Time);
    }

    private async Task PumpAsync()
    {
        while (true)
        {
            TaskCompletionSource done;
            int size;
            lock (gate)
            {
                if (length == 0)
                {
                    running = false;
                    return;
                }

                (group, writing) = (writing, group);
                (done, size, length) = (waiters, length, 0);
                waiters = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            try
            {
                await using NpgsqlCommand command = database.CreateCommand(Write);
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = ++sequence });
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = 1 });
                command.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>>
                {
                    TypedValue = writing.AsMemory(0, size),
                    NpgsqlDbType = NpgsqlDbType.Bytea,
                });
                if (await command.ExecuteNonQueryAsync() != 1)
                    throw new InvalidOperationException("The epoch is not current.");
                done.SetResult();
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        }
    }
}

/// <summary>What the probe takes of an event.</summary>
/// <param name="Id">The event's id.</param>
/// <param name="Customer">The subject's first eight bytes.</param>
/// <param name="Cost">Tokens in and out.</param>
/// <param name="Time">Its time, in Unix milliseconds.</param>
internal readonly record struct ProbeEvent(Guid Id, ulong Customer, long Cost, long Time);
