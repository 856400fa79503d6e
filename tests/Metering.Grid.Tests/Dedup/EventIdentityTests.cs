using System.Buffers.Binary;
using System.Text;
using Metering.Grid.Dedup;

namespace Metering.Grid.Tests.Dedup;

public sealed class EventIdentityTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 16).Select(number => (byte)number)];

    // The reference implementation's vectors for 128 bits of output: key 00..0f, message 00..(length - 1).
    [Theory]
    [InlineData(0, "A3817F04BA25A8E66DF67214C7550293")]
    [InlineData(1, "DA87C1D86B99AF44347659119B22FC45")]
    [InlineData(2, "8177228DA4A45DC7FCA38BDEF60AFFE4")]
    [InlineData(3, "9C70B60C5267A94E5F33B6B02985ED51")]
    [InlineData(4, "F88164C12D9C8FAF7D0F6E7C7BCD5579")]
    [InlineData(5, "1368875980776F8854527A07690E9627")]
    [InlineData(6, "14EECA338B208613485EA0308FD7A15E")]
    [InlineData(7, "A1F1EBBED8DBC153C0B84AA61FF08239")]
    public void Hash_is_that_of_the_reference_implementation(int length, string expected)
    {
        byte[] message = [.. Enumerable.Range(0, length).Select(number => (byte)number)];
        UInt128 hash = new EventIdentity(Key).Hash(message);
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)(hash >> 64));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), (ulong)hash);
        Assert.Equal(expected, Convert.ToHexString(bytes));
    }

    [Fact]
    public void Identity_is_the_hash_of_the_three_parts_with_zeros_between()
    {
        var identity = new EventIdentity(Key);
        Assert.Equal(identity.Hash("customer\0source\0id"u8), identity.Of("customer"u8, "source"u8, "id"u8));
    }

    [Fact]
    public void Parts_do_not_run_into_each_other()
    {
        var identity = new EventIdentity(Key);
        Assert.NotEqual(identity.Of("a"u8, "bc"u8, "d"u8), identity.Of("ab"u8, "c"u8, "d"u8));
        Assert.NotEqual(identity.Of("a"u8, "b"u8, "cd"u8), identity.Of("a"u8, "bc"u8, "d"u8));
    }

    [Fact]
    public void Long_parts_are_hashed_like_short_ones()
    {
        var identity = new EventIdentity(Key);
        byte[] source = Encoding.ASCII.GetBytes(new string('s', 5000));
        byte[] whole = [.. "c\0"u8, .. source, .. "\0i"u8];
        Assert.Equal(identity.Hash(whole), identity.Of("c"u8, source, "i"u8));
    }

    [Fact]
    public void Another_key_gives_another_identity()
    {
        byte[] other = [.. Key];
        other[15] ^= 1;
        Assert.NotEqual(new EventIdentity(Key).Of("c"u8, "s"u8, "i"u8), new EventIdentity(other).Of("c"u8, "s"u8, "i"u8));
    }

    [Fact]
    public void Key_of_another_length_is_refused() => Assert.Throws<ArgumentException>(() => new EventIdentity(new byte[15]));

    [Fact]
    public void Computing_allocates_nothing()
    {
        var identity = new EventIdentity(Key);
        identity.Of("customer"u8, "source"u8, "id"u8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 1000; round++)
            identity.Of("customer"u8, "source"u8, "id"u8);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
