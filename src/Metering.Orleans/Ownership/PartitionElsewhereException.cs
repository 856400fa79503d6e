namespace Metering.Orleans.Ownership;

/// <summary>The partition is not, or not yet, with the silo that was asked. Nothing was taken; asked again, another silo may have
/// it.</summary>
public sealed class PartitionElsewhereException(string message) : Exception(message);
