namespace Metering.Api.Problems;

/// <summary>One thing that is wrong with a request.</summary>
/// <param name="Index">Which event of a batch, from 0; null where the request is no batch.</param>
/// <param name="Field">Where: <c>data.input_tokens</c>; empty for the whole.</param>
/// <param name="Message">What is wrong, as a sentence.</param>
public sealed record FieldError(int? Index, string Field, string Message);
