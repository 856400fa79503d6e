using Metering.Grid.Embedded;
using Metering.Simulation.Running;

namespace Metering.Simulation.Load;

/// <summary>One process with an engine.</summary>
internal sealed class Server(SimProcess process, EmbeddedEngine engine)
{
    public SimProcess Process { get; } = process;

    public EmbeddedEngine Engine { get; } = engine;

    /// <summary>Whether another one has taken over since it started.</summary>
    public bool IsStale { get; set; }

    /// <summary>Whether it was told that another one has fenced it: it should exit.</summary>
    public bool IsFenced { get; set; }

    /// <summary>What the engine said.</summary>
    public List<string> Notices { get; } = [];
}

/// <summary>The connection broke, or the client waited no longer: it does not know what became of its request.</summary>
internal sealed class LostAnswerException(string why) : Exception(why);
