using Metering.Grid.Storage;
using Metering.Orleans.Ownership;
using Metering.TestSupport.Memory;

namespace Metering.Orleans.Tests.Ownership;

public sealed class DatabaseContactTests
{
    private readonly ManualTime time = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public async Task Contact_is_lost_once_no_shard_answers_and_is_there_again_with_the_first_that_does()
    {
        var silence = new TaskCompletionSource<ShardFault>();
        int asked = 0;
        MemoryShardStore[] stores = [Store("s1"), Store("s2")];
        stores[0].OnCall = _ => new ValueTask<ShardFault>(ShardFault.None);
        stores[1].OnCall = _ =>
        {
            Interlocked.Increment(ref asked);
            return new ValueTask<ShardFault>(silence.Task);
        };
        var contact = new DatabaseContact(stores, time);
        using (var ended = new CancellationTokenSource())
        {
            await ended.CancelAsync();
            await contact.RunAsync(ended.Token);
        }

        Assert.True(contact.IsThere);
        time.Advance(DatabaseContact.Lost);
        Assert.False(contact.IsThere);
        contact.AskAll();
        await UntilAsync(() => contact.IsThere && asked == 1);

        stores[0].OnCall = _ => throw new IOException("gone");
        time.Advance(DatabaseContact.Lost);
        contact.AskAll();
        Assert.False(contact.IsThere);
        // The one that has not answered is left alone for a while, then asked once more; its late answer counts.
        Assert.Equal(1, asked);
        time.Advance(DatabaseContact.AskAgain);
        contact.AskAll();
        await UntilAsync(() => asked == 2);
        Assert.False(contact.IsThere);
        silence.SetResult(ShardFault.None);
        await UntilAsync(() => contact.IsThere);
    }

    private MemoryShardStore Store(string name) => new(new MemoryShard(name), time);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
            await Task.Delay(5, limit.Token);
    }
}
