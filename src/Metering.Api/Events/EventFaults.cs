using Metering.Api.Problems;

namespace Metering.Api.Events;

/// <summary>What is wrong with the events of a request: the first hundred faults in words, and how many there are.</summary>
internal sealed class EventFaults
{
    /// <summary>How many are listed.</summary>
    public const int ListedMax = 100;

    private readonly List<FieldError> listed = [];

    /// <summary>How many there are.</summary>
    public int Total { get; private set; }

    /// <summary>The first ones.</summary>
    public IReadOnlyList<FieldError> Listed => listed;

    /// <summary>Notes a fault.</summary>
    public void Add(int? index, string field, string message)
    {
        if (Total++ < ListedMax)
            listed.Add(new FieldError(index, field, message));
    }

    /// <summary>The problem that names them.</summary>
    public Problem ToProblem() => Problem.From(
        ProblemCodes.InvalidEvent,
        Total switch
        {
            1 => "Nothing was taken: there is one fault.",
            <= ListedMax => $"Nothing was taken: there are {Total} faults.",
            _ => $"Nothing was taken: there are {Total} faults; the first {ListedMax} are listed.",
        },
        listed);
}
