using System.Text;
using Metering.Grid.Directory;

namespace Metering.Grid.Tests.Directory;

public sealed class BoundedCacheTests
{
    [Fact]
    public void What_was_added_is_found_through_every_growth_and_what_was_removed_is_not()
    {
        var cache = new BoundedCache<string>(100_000);
        for (int i = 0; i < 3_000; i++)
            Assert.Null(cache.Add(Key(i), Value(i)));
        for (int i = 0; i < 3_000; i += 3)
            Assert.True(cache.Remove(Key(i)));
        Assert.False(cache.Remove(Key(0)));
        for (int i = 3_000; i < 9_000; i++)
            cache.Add(Key(i), Value(i));
        Assert.Equal(8_000, cache.Count);
        for (int i = 0; i < 9_000; i++)
        {
            Assert.Equal(i >= 3_000 || i % 3 != 0, cache.TryFind(Key(i), out string? found));
            Assert.True(found is null || found == Value(i));
        }
    }

    [Fact]
    public void A_key_comes_back_after_it_was_removed()
    {
        var cache = new BoundedCache<string>(4);
        for (int round = 0; round < 1_000; round++)
        {
            Assert.Null(cache.Add(Key(1), Value(round)));
            Assert.True(cache.TryFind(Key(1), out string? found));
            Assert.Equal(Value(round), found);
            Assert.Equal(Value(round), cache.Guess(BoundedCache<string>.HashOf(Key(1))));
            Assert.True(cache.Remove(Key(1)));
            Assert.Null(cache.Guess(BoundedCache<string>.HashOf(Key(1))));
        }

        Assert.Equal(0, cache.Count);
        Assert.Throws<InvalidOperationException>(() =>
        {
            cache.Add(Key(1), Value(1));
            cache.Add(Key(1), Value(2));
        });
    }

    [Fact]
    public void Past_the_bound_the_oldest_goes_that_was_not_read_since()
    {
        var cache = new BoundedCache<string>(3);
        for (int i = 0; i < 3; i++)
            cache.Add(Key(i), Value(i));
        Assert.True(cache.TryFind(Key(0), out _));
        Assert.Equal(Value(1), cache.Add(Key(3), Value(3)));
        Assert.NotNull(cache.Guess(BoundedCache<string>.HashOf(Key(2))));
        Assert.Equal(Value(3), cache.Add(Key(4), Value(4)));
        Assert.Equal(3, cache.Count);
    }

    [Fact]
    public async Task A_reader_without_the_lock_finds_what_is_there_while_the_owner_adds_and_removes()
    {
        const int kept = 500;
        var cache = new BoundedCache<string>(1_000_000);
        for (int i = 0; i < kept; i++)
            cache.Add(Key(i), Value(i));
        byte[][] keys = [.. Enumerable.Range(0, kept).Select(Key)];
        using var done = new CancellationTokenSource();
        Task<long>[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            long rounds = 0;
            while (!done.IsCancellationRequested || rounds == 0)
            {
                for (int i = 0; i < kept; i++)
                {
                    if (!cache.TryFind(keys[i], out string? found) || found != Value(i))
                        throw new InvalidOperationException($"Key {i} was {found ?? "not found"}.");
                }

                rounds++;
            }

            return rounds;
        }))];
        for (int i = kept; i < 60_000; i++)
        {
            cache.Add(Key(i), Value(i));
            if (i % 2 == 0)
                cache.Remove(Key(i));
        }

        await done.CancelAsync();
        Assert.All(await Task.WhenAll(readers), rounds => Assert.True(rounds > 0));
    }

    private static byte[] Key(int number) => Encoding.UTF8.GetBytes($"key-{number}");

    private static string Value(int number) => $"value-{number}";
}
