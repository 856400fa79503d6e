namespace Metering.Silo.Settings;

/// <summary>What a process of a cluster does.</summary>
[Flags]
public enum SiloRole
{
    /// <summary>Owns partitions; over HTTP it answers probes and metrics only.</summary>
    Silo = 1,

    /// <summary>Serves the API and owns nothing.</summary>
    Frontend = 2,

    /// <summary>Both in one process.</summary>
    Both = Silo | Frontend,
}
