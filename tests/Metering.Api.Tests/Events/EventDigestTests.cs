using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Metering.Api.Events;
using Metering.Grid.Ingest;
using static Metering.Api.Tests.Events.EventTexts;

namespace Metering.Api.Tests.Events;

public sealed class EventDigestTests
{
    private static readonly string[] Spaces = ["", " ", "\n", "\t ", "\r\n  "];

    /// <summary>The digest stands in journals: this number must never change.</summary>
    [Fact]
    public void Digest_of_an_event_is_fixed_for_ever()
    {
        string body = Event(
            ("time", "\"2025-01-17T14:30:00Z\""), ("ext", "[1,true,null,{\"a\":\"b\"}]"),
            ("data", """{"input_tokens":1000,"model":"a model with a longer name than most","x":{"y":[1,2]},"z":""}"""));
        Assert.Equal(0x16f74aef08be225eUL, Digest(body));
    }

    [Fact]
    public void Order_of_members_and_spacing_change_neither_batch_nor_digest() => Check.QuickThrowOnFailure(
        Prop.ForAll(ArbMap.Default.GeneratorFor<int>().ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            Assert.Null(Read(Shuffled(random), out EventBatch one));
            Assert.Null(Read(Shuffled(random), out EventBatch other));
            using (one)
            using (other)
            {
                Assert.Equal(Describe(one, 0), Describe(other, 0));
                Assert.Equal(one[0].Digest, other[0].Digest);
            }
        }));

    [Theory]
    [InlineData("id", "\"other\"")]
    [InlineData("source", "\"/other\"")]
    public void Identity_is_not_in_the_digest(string name, string json) => Assert.Equal(Digest(Event()), Digest(Event((name, json))));

    [Theory]
    [InlineData("subject", "\"c2\"")]
    [InlineData("type", "\"CUSTOM\"")]
    [InlineData("time", "\"2025-01-17T14:30:00Z\"")]
    [InlineData("ext", "1")]
    [InlineData("data", """{"provider":"OPENAI","model":"gpt-4-turbo","input_tokens":1000,"output_tokens":501,"quantity":1}""")]
    [InlineData("data", """{"provider":"gpt-4-turbo","model":"OPENAI","input_tokens":1000,"output_tokens":500,"quantity":1}""")]
    [InlineData("data", """{"provider":"OPENAI","model":"gpt-4-turbo","input_tokens":500,"output_tokens":1000,"quantity":1}""")]
    [InlineData("data", """{"provider":"OPENAI","model":"gpt-4-turbo","input_tokens":"1000","output_tokens":500,"quantity":1}""")]
    [InlineData("data", """{"provider":"OPENAI","model":"gpt-4-turbo","input_tokens":1000,"output_tokens":500,"quantity":1,"x":{"a":1}}""")]
    public void Everything_else_is(string name, string json)
    {
        string first = Event(
            ("data", """{"provider":"OPENAI","model":"gpt-4-turbo","input_tokens":1000,"output_tokens":500,"quantity":1}"""));
        string second = name == "data"
            ? Event((name, json))
            : first.Replace($"\"{name}\":", $"\"was_{name}\":", StringComparison.Ordinal)[..^1] + $",\"{name}\":{json}}}";
        Assert.NotEqual(Digest(first), Digest(second));
    }

    [Fact]
    public void Order_within_an_array_counts() => Assert.NotEqual(
        Digest(Event(("data", """{"input_tokens":1,"x":[1,2]}"""))), Digest(Event(("data", """{"input_tokens":1,"x":[2,1]}"""))));

    private static ulong Digest(string body)
    {
        Assert.Null(Read(body, out EventBatch batch));
        using (batch)
            return batch[0].Digest;
    }

    private static string Shuffled(Random random)
    {
        string data = Object(
            random, ("\"provider\"", "\"OPENAI\""), ("\"model\"", "\"gpt-4\\u002dturbo\""),
            ("\"input_tokens\"", "1000.5"), ("\"output_tokens\"", "\"7\""),
            ("\"nested\"", Object(random, ("\"a\"", "1"), ("\"b\"", "[1, 2]"), ("\"c\"", "null"))), ("\"feature_id\"", "true"));
        return Object(
            random, ("\"id\"", "\"e1\""), ("\"source\"", "\"/app\""), ("\"specversion\"", "\"1.0\""), ("\"type\"", "\"TOKEN_USAGE\""),
            ("\"subject\"", "\"c1\""), ("\"time\"", "\"2025-01-17T14:30:00.5Z\""), ("\"ext\"", "\"x\""), ("\"data\"", data));
    }

    private static string Object(Random random, params (string Name, string Json)[] members)
    {
        random.Shuffle(members);
        var text = new StringBuilder("{");
        for (int i = 0; i < members.Length; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(Space(random)).Append(members[i].Name).Append(Space(random)).Append(':')
                .Append(Space(random)).Append(members[i].Json).Append(Space(random));
        }

        return text.Append('}').ToString();
    }

    private static string Space(Random random) => Spaces[random.Next(Spaces.Length)];
}
