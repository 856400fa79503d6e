namespace Metering.Api.Problems;

/// <summary>What every problem of one code has in common.</summary>
/// <param name="Code">The stable code that clients branch on.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">A few words; the same for every problem of the code.</param>
/// <param name="Retryable">Whether the same request may succeed later without anybody changing it.</param>
public sealed record ProblemKind(string Code, int Status, string Title, bool Retryable);
