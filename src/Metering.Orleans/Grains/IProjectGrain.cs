using Metering.Grid.Projects;

namespace Metering.Orleans.Grains;

/// <summary>A project in the silo that owns its customer's partition; the key is <see cref="ProjectKey.Of"/>:
/// <c>customer/project</c>.</summary>
/// <remarks>Answers and exceptions are those of <see cref="IProject"/>.</remarks>
[Alias("metering.project")]
public interface IProjectGrain : IGrainWithStringKey, IProject;

/// <summary>Keys of <see cref="IProjectGrain"/>.</summary>
public static class ProjectKey
{
    /// <summary>The key of a project.</summary>
    public static string Of(string customerId, string projectId) => $"{customerId}/{projectId}";
}
