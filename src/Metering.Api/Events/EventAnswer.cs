using System.Text.Encodings.Web;
using System.Text.Json;
using Metering.Core.Money;
using Metering.Core.Usage;
using Metering.Api.Problems;
using Metering.Grid.Ingest;

namespace Metering.Api.Events;

/// <summary>The results of a batch: counted once, then written straight into the response.</summary>
internal readonly struct EventAnswer
{
    /// <summary>Ids are written as they were sent, not as escapes; the answer is JSON, never part of a page.</summary>
    public static readonly JsonWriterOptions WriterOptions = new()
    {
        SkipValidation = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly EventBatch batch;
    private readonly IngestAnswer answer;

    public EventAnswer(EventBatch batch, IngestAnswer answer)
    {
        this.batch = batch;
        this.answer = answer;
        FirstRefused = -1;
        for (int i = 0; i < answer.Results.Length; i++)
        {
            switch (answer.Results[i].Code)
            {
                case EventCode.Accepted:
                    Accepted++;
                    break;
                case EventCode.Duplicate:
                    Duplicates++;
                    break;
                default:
                    Rejected++;
                    if (FirstRefused < 0)
                        FirstRefused = i;
                    break;
            }
        }
    }

    /// <summary>Events taken now.</summary>
    public int Accepted { get; }

    /// <summary>Events taken before.</summary>
    public int Duplicates { get; }

    /// <summary>Events refused.</summary>
    public int Rejected { get; }

    /// <summary>The first one refused; -1 for none.</summary>
    public int FirstRefused { get; }

    /// <summary>Whether every event was refused, all for one reason.</summary>
    public bool IsAll(EventCode code) =>
        Rejected > 0 && Rejected == answer.Results.Length && Array.TrueForAll(answer.Results, result => result.Code == code);

    /// <summary>The problem of the first refusal, with the members of the answer.</summary>
    public Problem ToProblem()
    {
        EventAnswer self = this;
        string code = ProblemCodes.Of(answer.Results[FirstRefused].Code);
        ProblemKind kind = ProblemCodes.Find(code);
        string detail =
            $"{kind.Title}: event {FirstRefused} was refused. {Accepted} accepted, {Duplicates} counted before, {Rejected} refused.";
        return Problem.With(code, detail, writer => self.WriteMembers(writer));
    }

    /// <summary>Writes counts, results and balances as members of the object that is open.</summary>
    public void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteNumber("accepted"u8, Accepted);
        writer.WriteNumber("duplicates"u8, Duplicates);
        writer.WriteNumber("rejected"u8, Rejected);
        WriteResults(writer);
        WriteBalances(writer);
    }

    /// <summary>Writes one result an event, in order.</summary>
    public void WriteResults(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("results"u8);
        for (int i = 0; i < answer.Results.Length; i++)
        {
            ref EventResult result = ref answer.Results[i];
            writer.WriteStartObject();
            writer.WriteNumber("index"u8, i);
            writer.WriteString("id"u8, batch.Slice(batch[i].Id));
            if (result.Code is EventCode.Accepted or EventCode.Duplicate)
                WriteTaken(writer, in result);
            else
                WriteRefused(writer, in result);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteTaken(Utf8JsonWriter writer, in EventResult result)
    {
        bool isDuplicate = result.Code == EventCode.Duplicate;
        writer.WriteString("status"u8, isDuplicate ? "duplicate"u8 : "accepted"u8);
        WriteAmount(writer, "credits"u8, result.Credits);
        Span<byte> at = stackalloc byte[32];
        result.At.TryFormat(at, out int length);
        writer.WriteString("at"u8, at[..length]);
        if (result.Differs)
            writer.WriteBoolean("differs"u8, true);
    }

    private static void WriteRefused(Utf8JsonWriter writer, in EventResult result)
    {
        writer.WriteString("status"u8, "rejected"u8);
        writer.WriteString("code"u8, ProblemCodes.Of(result.Code));
    }

    private void WriteBalances(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("balances"u8);
        foreach (CustomerBalance balance in answer.Balances)
        {
            writer.WriteStartObject();
            writer.WriteString("customer_id"u8, balance.CustomerId);
            WriteAmount(writer, "available"u8, balance.Available);
            WriteAmount(writer, "held"u8, balance.Held);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteAmount(Utf8JsonWriter writer, ReadOnlySpan<byte> name, Amount amount)
    {
        Span<byte> utf8 = stackalloc byte[Amount.MaxLength];
        amount.TryFormat(utf8, out int length);
        writer.WriteString(name, utf8[..length]);
    }
}
