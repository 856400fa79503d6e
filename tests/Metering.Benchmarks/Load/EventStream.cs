namespace Metering.Benchmarks.Load;

/// <summary>
/// The events of a job: all of an event follows from its number, so that it can be sent again byte for byte and accounted for without
/// having been kept.
/// </summary>
internal sealed class EventStream
{
    /// <summary>How many events back a repeated one lies, at least and at most.</summary>
    private const int RepeatNearest = 2_000;
    private const int RepeatSpan = 50_000;
    private const int ZipfSlots = 1 << 20;

    private readonly LoadSpec spec;
    private readonly ModelPrices prices;
    private readonly int[]? ranks;

    public EventStream(LoadSpec spec)
    {
        this.spec = spec;
        prices = ModelPrices.Read(spec.Catalogue);
        ranks = spec.Skew == Skew.Zipf ? Ranks(spec.Customers) : null;
    }

    /// <summary>The number of the event whose content stands at a number: its own, or an earlier one's that is sent again.</summary>
    public long ContentOf(long number)
    {
        if (!IsRepeat(number))
            return number;
        long earlier = number - RepeatNearest - (long)(Mix((ulong)number + 7) % RepeatSpan);
        while (earlier >= spec.FirstEvent && IsRepeat(earlier))
            earlier--;
        return earlier >= spec.FirstEvent ? earlier : number;
    }

    /// <summary>What an event says.</summary>
    public Draw Of(long number)
    {
        ulong random = Mix((ulong)number);
        int customer = spec.Skew switch
        {
            Skew.Hot => 0,
            Skew.InTurn => (int)((number - spec.FirstEvent) % spec.Customers),
            Skew.Zipf => ranks![random % ZipfSlots],
            _ => (int)(random % (ulong)spec.Customers),
        };
        if (spec.FixedTokens > 0)
            return new Draw(spec.FirstCustomer + customer, 0, spec.FixedTokens, 0);
        // Prompts of a few hundred to a few thousand tokens, some long; short answers. About as in published traces.
        int shift = (int)((random >> 24) & 3);
        int input = 30 + (int)((random >> 28) & ((256u << shift) - 1)) + ((random >> 60) == 0 ? 6_000 : 0);
        int output = 5 + (int)((random >> 44) & 511);
        return new Draw(spec.FirstCustomer + customer, (int)((random >> 21) & 7), input, output);
    }

    /// <summary>What an event costs, in nano-credits.</summary>
    public long Nanos(in Draw draw) => (draw.Input * prices.Input[draw.Model]) + (draw.Output * prices.Output[draw.Model]);

    private bool IsRepeat(long number) => spec.DuplicatesPercent > 0 && Mix((ulong)number + 3) % 100 < (ulong)spec.DuplicatesPercent;

    /// <summary>The finalizer of MurmurHash3 over a number, as in SplitMix64.</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private static int[] Ranks(int customers)
    {
        double total = 0;
        for (int rank = 1; rank <= customers; rank++)
            total += 1.0 / rank;
        var ranks = new int[ZipfSlots];
        int at = 0;
        double reached = 1.0;
        for (int slot = 0; slot < ZipfSlots; slot++)
        {
            while (at < customers - 1 && reached / total < (slot + 0.5) / ZipfSlots)
                reached += 1.0 / (++at + 1);
            ranks[slot] = at;
        }

        return ranks;
    }
}

/// <summary>What an event says: its customer, its model, its tokens.</summary>
internal readonly record struct Draw(int Customer, int Model, int Input, int Output);
