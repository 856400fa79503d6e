using Metering.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Requests;

/// <summary>Says which problems an endpoint answers with, for the OpenAPI document.</summary>
internal static class EndpointShapes
{
    /// <summary>Problems of these statuses, besides 401 and 429, which every endpoint with a key has.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder builder, params int[] statuses)
    {
        foreach (int status in statuses)
            builder.Produces<ProblemAnswer>(status, Problem.MediaType);
        return builder;
    }
}

/// <summary>The form of every error, for the OpenAPI document; see <see cref="Problem"/>.</summary>
/// <param name="Type">Always <c>about:blank</c>.</param>
/// <param name="Title">A few words; the same for every problem of the code.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What happened this time.</param>
/// <param name="Code">The stable code to branch on.</param>
/// <param name="Errors">What is wrong with the input; absent where nothing is.</param>
public sealed record ProblemAnswer(string Type, string Title, int Status, string Detail, string Code, IReadOnlyList<FieldError>? Errors);
