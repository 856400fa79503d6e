using Metering.Core.Money;

namespace Metering.Server.Client;

/// <summary>What the server said about one event.</summary>
/// <param name="Code"><c>accepted</c>, <c>duplicate</c>, or the code of the refusal.</param>
/// <param name="Credits">What it burned; for a duplicate, what the first one did.</param>
/// <param name="Differs">A duplicate whose body is another than the first one's.</param>
internal readonly record struct EventOutcome(string Code, Amount Credits, bool Differs)
{
    public const string AcceptedCode = "accepted";
    public const string DuplicateCode = "duplicate";
    public const string UnavailableCode = "unavailable";

    public bool Accepted => Code == AcceptedCode;

    public bool Duplicate => Code == DuplicateCode;
}
