namespace Metering.Core.Catalog;

/// <summary>
/// Meters and plans that belong together, as a file of <c>silo-config/catalog</c> holds them. Every plan is of version 1.
/// </summary>
public sealed record Catalogue(ValueList<Meter> Meters, ValueList<Plan> Plans);
