using Metering.Core.Money;

namespace Metering.Server.Client;

/// <summary>Counts of what became of the events sent. Safe to add to from several lanes at once.</summary>
internal sealed class Tally
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, long> refused = new(StringComparer.Ordinal);

    public long Sent { get; private set; }

    public long Accepted { get; private set; }

    public long Duplicates { get; private set; }

    /// <summary>Duplicates whose body is another than the first one's.</summary>
    public long Differing { get; private set; }

    /// <summary>Credits burned by the accepted ones.</summary>
    public Amount Credits { get; private set; }

    /// <summary>Credits that the first ones of the duplicates had burned.</summary>
    public Amount DuplicateCredits { get; private set; }

    /// <summary>Refusals by code.</summary>
    public IReadOnlyDictionary<string, long> Refused => refused;

    public long RefusedTotal => refused.Values.Sum();

    public void Add(IReadOnlyList<EventOutcome> outcomes)
    {
        lock (gate)
        {
            foreach (EventOutcome outcome in outcomes)
                Add(outcome);
        }
    }

    private void Add(EventOutcome outcome)
    {
        Sent++;
        if (outcome.Accepted)
        {
            Accepted++;
            Credits += outcome.Credits;
        }
        else if (outcome.Duplicate)
        {
            Duplicates++;
            Differing += outcome.Differs ? 1 : 0;
            DuplicateCredits += outcome.Credits;
        }
        else
        {
            refused[outcome.Code] = refused.GetValueOrDefault(outcome.Code) + 1;
        }
    }
}
