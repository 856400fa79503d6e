using System.Runtime.InteropServices;

namespace Metering.Benchmarks.Load;

/// <summary>Two 64-bit numbers a customer, in a file: first all of the one, then all of the other.</summary>
internal static class TallyFile
{
    public static void Write(string? path, ReadOnlySpan<long> first, ReadOnlySpan<long> second)
    {
        if (path is null)
            return;
        using FileStream file = File.Create(path);
        file.Write(MemoryMarshal.AsBytes(first));
        file.Write(MemoryMarshal.AsBytes(second));
    }

    public static (long[] First, long[] Second) Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        ReadOnlySpan<long> numbers = MemoryMarshal.Cast<byte, long>(bytes);
        return (numbers[..(numbers.Length / 2)].ToArray(), numbers[(numbers.Length / 2)..].ToArray());
    }
}
