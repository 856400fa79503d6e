using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;

namespace Metering.Simulation.Load;

/// <summary>One request that a client sent once, and what it was told. Steps are the scheduler's; 0 for what has not happened.</summary>
internal sealed class Attempt
{
    public required int Number { get; init; }

    /// <summary>The client, and the server it asked.</summary>
    public required string Route { get; init; }

    /// <summary>When the client sent it.</summary>
    public required long Invoked { get; init; }

    /// <summary>When the answer left the engine.</summary>
    public long Left { get; set; }

    /// <summary>The true time when the server began with it, in microseconds since the beginning.</summary>
    public long ServedAt { get; set; }

    /// <summary>When the client had the answer.</summary>
    public long Received { get; set; }

    /// <summary>The latest wall clock of any process when the answer left, in microseconds since the beginning.</summary>
    public long LatestClock { get; set; }

    /// <summary>The events, for a request of events; the event of a capture.</summary>
    public IReadOnlyList<SentEvent> Events { get; init; } = [];

    /// <summary>The customer, for everything but events.</summary>
    public string Customer { get; init; } = "";

    /// <summary>The project, where it is about one.</summary>
    public string Project { get; init; } = "";

    /// <summary>The command, for one.</summary>
    public WalletCommand? Command { get; init; }

    /// <summary>What the client was told; null while it was told nothing.</summary>
    public object? Answer { get; set; }

    /// <summary>Whether the answer says what became of it.</summary>
    public bool IsKnown => Answer is not null and not Exception;

    public IEnumerable<string> Customers => Events.Select(sent => sent.Customer).Append(Customer).Where(id => id.Length > 0).Distinct();

    public override string ToString() =>
        $"#{Number} {Route} {Invoked}-{Left}-{Received} {Customer} {Project} {Command}{string.Join("; ", Events)} => {Describe()}";

    private string Describe() => Answer switch
    {
        IngestAnswer answer => $"{answer.Status} " + string.Join(", ", answer.Results.Select(result =>
            $"{result.Code}{(result.Differs ? " differs" : "")} {result.Credits} {result.At}")) + " " + string.Join(", ", answer.Balances),
        WalletView view =>
            $"available {view.Available} held {view.Held} burned {view.Burned} ledger {view.LedgerEntries} as of {view.AsOfSequence}",
        ProjectView view => $"{view.Plan} {view.PlanVersion} as of {view.AsOfSequence}",
        CustomerStatus status => status.ToString(),
        Exception exception => $"{exception.GetType().Name}: {exception.Message}",
        null => "no answer",
        _ => Answer.ToString() ?? "",
    };
}
