namespace Metering.Server.Hosting;

/// <summary>What one kind of server has that others do not; as it is: one machine, with everything in this process.</summary>
internal sealed record HostPlan
{
    /// <summary>Makes the engine.</summary>
    public Func<EngineInputs, IEngineRunner> Engine { get; init; } = static inputs => new EmbeddedRunner(inputs);

    /// <summary>Whether this process carries events out of the grid and collects payments. Default: yes.</summary>
    public bool Delivers { get; init; } = true;

    /// <summary>Adds to the services of the web application. Default: nothing.</summary>
    public Action<IServiceCollection> Services { get; init; } = static _ => { };

    /// <summary>Adds steps before those of the API. Default: none.</summary>
    public Action<WebApplication> FirstSteps { get; init; } = static _ => { };

    /// <summary>Gets the secret of an operator's key that was just made, at once: a start that fails afterwards keeps its hash only.
    /// Default: nothing.</summary>
    public Action<string> KeyMade { get; init; } = static _ => { };

    /// <summary>Which of several servers this is, for traces and metrics. Default: none.</summary>
    public string? Instance { get; init; }
}
