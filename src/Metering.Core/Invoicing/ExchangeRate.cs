using Metering.Core.Money;

namespace Metering.Core.Invoicing;

/// <summary>From a day on, one <paramref name="From"/> is worth <paramref name="Rate"/> <paramref name="To"/>. For reports alone.</summary>
public sealed record ExchangeRate(Currency From, Currency To, Amount Rate, DateOnly ValidFrom);
