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

    /// <summary>The customer and the project of a key.</summary>
    /// <exception cref="FormatException">It is no such key.</exception>
    public static (string CustomerId, string ProjectId) Parse(string key) => key.Split('/') is [var customer, var project]
        ? (customer, project)
        : throw new FormatException($"'{key}' is not customer/project.");
}
