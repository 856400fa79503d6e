using Metering.Api.Problems;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Requests;

/// <summary>
/// No id, name or search text has control characters, and PostgreSQL's text takes no NUL: a query that has one is refused by its
/// parameter's name.
/// </summary>
internal static class ControlCharacters
{
    /// <summary>What to answer a query with control characters, or null.</summary>
    public static Problem? Refusal(HttpRequest request)
    {
        if (!request.QueryString.HasValue)
            return null;
        FieldError[] faults =
        [
            .. request.Query.Where(parameter => parameter.Value.Any(value => value is not null && value.Any(char.IsControl)))
                .Select(parameter => new FieldError(null, parameter.Key, "Must not have control characters.")),
        ];
        return faults.Length == 0 ? null : Problem.From(ProblemCodes.InvalidRequest, errors: faults);
    }
}
