using Metering.Core.Binary;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid.Ingest;

namespace Metering.Orleans.Serialization;

/// <summary>The answer to the events that <see cref="BatchFormat"/> carried, on its way back.</summary>
/// <remarks>
/// Body: version (2); the status in a byte; the number of results; the results; the number of balances, each: which event names the
/// customer, available, held. Result: a byte: the code, 128 = differs, 64 = taken at the same instant as the one before; else the instant;
/// the credits.
/// </remarks>
public static class AnswerFormat
{
    private const byte Version = 2;
    private const byte Differs = 128;
    private const byte SameInstant = 64;
    private const byte CodeMask = 63;

    /// <summary>Encodes an answer.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="batch">The events it is about.</param>
    public static byte[] Write(IngestAnswer answer, EventBatch batch)
    {
        var writer = new ByteWriter(64 + (answer.Results.Length * 8));
        writer.Byte(Version);
        writer.Byte((byte)answer.Status);
        writer.Unsigned((ulong)answer.Results.Length);
        Instant last = Instant.UnixEpoch;
        for (int index = 0; index < answer.Results.Length; index++)
        {
            EventResult result = answer.Results[index];
            bool same = result.At == last;
            writer.Byte((byte)((byte)result.Code | (result.Differs ? Differs : 0) | (same ? SameInstant : 0)));
            if (!same)
                writer.Instant(last = result.At);
            writer.Amount(result.Credits);
        }

        writer.Unsigned((ulong)answer.Balances.Count);
        int at = 0;
        foreach (CustomerBalance balance in answer.Balances)
        {
            // Balances come in the order in which the events name the customers.
            while (batch[at].Project?.Customer.Id != balance.CustomerId)
                at++;
            writer.Unsigned((ulong)at);
            writer.Amount(balance.Available);
            writer.Amount(balance.Held);
        }

        return writer.Span.ToArray();
    }

    /// <summary>Decodes an answer into the places of a whole request.</summary>
    /// <param name="body">What <see cref="Write"/> gave.</param>
    /// <param name="batch">The whole request, resolved.</param>
    /// <param name="indexes">Which of its events this is the answer to, in order.</param>
    /// <param name="results">Receives their results where the answer has any.</param>
    /// <param name="balances">Receives balances at the events that name their customers.</param>
    /// <returns>What became of the request there.</returns>
    /// <exception cref="CorruptDataException">No such answer was written as this body.</exception>
    public static IngestStatus Read(
        ReadOnlySpan<byte> body, EventBatch batch, ReadOnlySpan<int> indexes, Span<EventResult> results, Span<CustomerBalance> balances)
    {
        var reader = new ByteReader(body);
        if (reader.Byte() != Version)
            throw new CorruptDataException("The answer has a version that this build does not know.");
        var status = (IngestStatus)reader.Byte(0, (byte)IngestStatus.Overloaded);
        int count = reader.Count(indexes.Length);
        if (count != (status == IngestStatus.Decided ? indexes.Length : 0))
            throw new CorruptDataException("The answer is not to these events.");
        Instant last = Instant.UnixEpoch;
        for (int number = 0; number < count; number++)
        {
            byte head = reader.Byte();
            if ((head & CodeMask) > (byte)EventCode.InsufficientCredits)
                throw new CorruptDataException("The answer has a code that there is not.");
            if ((head & SameInstant) == 0)
                last = reader.Instant();
            results[indexes[number]] = new EventResult
            {
                Code = (EventCode)(head & CodeMask), Differs = (head & Differs) != 0, At = last, Credits = reader.Amount(),
            };
        }

        ReadBalances(ref reader, batch, indexes, balances);
        return reader.IsAtEnd ? status : throw new CorruptDataException("More than an answer was written.");
    }

    private static void ReadBalances(
        ref ByteReader reader, EventBatch batch, ReadOnlySpan<int> indexes, Span<CustomerBalance> balances)
    {
        int count = reader.Count(indexes.Length);
        for (int number = 0; number < count; number++)
        {
            int index = indexes[reader.Count(indexes.Length - 1)];
            string customer = batch[index].Project?.Customer.Id ?? throw new CorruptDataException("The event names no customer.");
            balances[index] = new CustomerBalance(customer, reader.Amount(), reader.Amount());
        }
    }
}
