using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid.Ingest;
using Metering.Orleans.Serialization;
using Metering.TestSupport.Engine;

namespace Metering.Orleans.Tests.Serialization;

public sealed class AnswerFormatTests
{
    private static readonly Instant At = Instant.FromUnixMicroseconds(1_736_000_000_000_001);

    private static readonly IngestAnswer Answer = new(
        IngestStatus.Decided,
        [
            new EventResult { Code = EventCode.Accepted, Credits = Amount.Parse("1.5"), At = At },
            new EventResult { Code = EventCode.Duplicate, Differs = true, Credits = Amount.FromWhole(7), At = At - TimeSpan.FromDays(3) },
            new EventResult { Code = EventCode.InsufficientCredits, At = At },
            new EventResult { Code = EventCode.Accepted, Credits = Amount.MaxValue, At = At },
        ],
        [
            new CustomerBalance("overage-1", Amount.FromWhole(3), Amount.Zero),
            new CustomerBalance("money-1", Amount.Parse("-0.000000001"), Amount.MaxValue),
        ]);

    [Fact]
    public async Task Answer_comes_out_at_the_places_of_the_whole_request()
    {
        await using var cluster = new NoCluster();
        using EventBatch part = cluster.Batch(("overage-1", "a", 1), ("overage-1", "b", 1), ("overage-1", "c", 1), ("money-1", "a", 1));
        byte[] body = AnswerFormat.Write(Answer, part);
        using EventBatch whole = cluster.Batch(
            ("overage-2", "x", 1), ("overage-1", "a", 1), ("overage-1", "b", 1), ("overage-2", "y", 1), ("overage-1", "c", 1),
            ("money-1", "a", 1));
        int[] indexes = [1, 2, 4, 5];
        var results = new EventResult[6];
        var balances = new CustomerBalance[6];
        Assert.Equal(IngestStatus.Decided, AnswerFormat.Read(body, whole, indexes, results, balances));
        Assert.Equal(Answer.Results, indexes.Select(index => results[index]));
        Assert.Equal(default, results[0]);
        Assert.Equal(Answer.Balances, new[] { balances[1], balances[5] });
        for (int length = 0; length < body.Length; length++)
            Assert.Throws<CorruptDataException>(() => AnswerFormat.Read(body.AsSpan(0, length), whole, indexes, results, balances));
        Assert.Throws<CorruptDataException>(() => AnswerFormat.Read(body, whole, indexes.AsSpan(0, 3), results, balances));
    }

    [Fact]
    public async Task Frozen_answer_of_version_2_is_still_read_and_still_written()
    {
        byte[] frozen = Convert.FromHexString(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Serialization", "Frozen", "answer-2.hex")).Trim());
        await using var cluster = new NoCluster();
        using EventBatch batch = cluster.Batch(("overage-1", "a", 1), ("overage-1", "b", 1), ("overage-1", "c", 1), ("money-1", "a", 1));
        var results = new EventResult[4];
        AnswerFormat.Read(frozen, batch, [0, 1, 2, 3], results, new CustomerBalance[4]);
        Assert.Equal(Answer.Results, results);
        Assert.Equal(Convert.ToHexStringLower(frozen), Convert.ToHexStringLower(AnswerFormat.Write(Answer, batch)));
    }

    [Fact]
    public async Task Answers_without_results_keep_their_status()
    {
        await using var cluster = new NoCluster();
        using EventBatch batch = cluster.Batch(("overage-1", "a", 1));
        var overloaded = new IngestAnswer(IngestStatus.Overloaded, [], []);
        Assert.Equal(
            IngestStatus.Overloaded,
            AnswerFormat.Read(AnswerFormat.Write(overloaded, batch), batch, [0], new EventResult[1], new CustomerBalance[1]));
    }

    /// <summary>Only the directory and the events of one.</summary>
    private sealed class NoCluster : KitCluster
    {
        public override Grid.IMeteringEngine Engine => throw new NotSupportedException();

        public override Task RestartAsync(TimeSpan ahead) => throw new NotSupportedException();

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
