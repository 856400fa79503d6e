using Microsoft.AspNetCore.Http;

namespace Metering.Api.Problems;

/// <summary>Clients of <c>/v1/events/ingest</c> expect <c>error</c>, <c>message</c> and <c>details</c>, whatever refused them.</summary>
internal static class LegacyShape
{
    private static readonly PathString IngestPath = "/v1/events/ingest";

    /// <summary>Whether problems at a path carry the further members.</summary>
    public static bool AppliesTo(PathString path) => path.Equals(IngestPath, StringComparison.OrdinalIgnoreCase);

    /// <summary>The code in the form those clients know.</summary>
    public static string ErrorOf(string code) => code switch
    {
        ProblemCodes.InvalidEvent or ProblemCodes.InvalidRequest => "VALIDATION_ERROR",
        _ => code.ToUpperInvariant(),
    };
}
