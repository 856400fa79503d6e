using Metering.Api.Access;
using Metering.Api.Problems;

namespace Metering.Api.Requests;

/// <summary>The refusals that several resources share.</summary>
internal static class Refusals
{
    public static Problem InvalidRequest(IReadOnlyList<FieldError> faults) =>
        Problem.From(ProblemCodes.InvalidRequest, "Every fault is named in errors.", faults);

    public static Problem BodyTooLarge(int maxBytes) => Problem.From(ProblemCodes.PayloadTooLarge, $"A body has at most {maxBytes} bytes.");

    public static Problem CustomerNotFound(string id) => Problem.From(ProblemCodes.CustomerNotFound, $"There is no customer '{id}'.");

    public static Problem ProjectNotFound(string id) => Problem.From(ProblemCodes.ProjectNotFound, $"There is no project '{id}'.");

    public static Problem PlanNotFound(string id) =>
        Problem.From(ProblemCodes.PlanNotFound, $"There is no plan '{id}', or not in that version.");

    public static Problem KeyNotFound(string id) => Problem.From(ProblemCodes.KeyNotFound, $"There is no key '{id}'.");

    /// <summary>Null where the key acts for the customer, else <c>forbidden</c>.</summary>
    public static Problem? Foreign(Caller caller, string customerId) =>
        caller.MayActFor(customerId) ? null : Foreign(customerId);

    /// <summary><c>forbidden</c> for an id as the caller sent it.</summary>
    public static Problem Foreign(string id) => Problem.From(ProblemCodes.Forbidden, $"The key does not act for '{id}'.");
}
