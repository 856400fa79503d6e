using Metering.Api.Problems;
using Metering.Core.Catalog;
using Metering.Core.Ids;

namespace Metering.Api.Catalog;

/// <summary>What is wrong with a meter or plan, as a problem.</summary>
internal static class CatalogFaults
{
    public static Problem Refuse(string code, IReadOnlyList<CatalogFault> faults) =>
        Problem.From(code, "Every fault is named in errors.",
            [.. faults.Select(fault => new FieldError(null, fault.Field, fault.Message))]);

    public static Problem BadId(string id) =>
        Problem.From(ProblemCodes.InvalidRequest, null, [new FieldError(null, "id", $"'{id}' is not {IdRules.Description}.")]);
}
