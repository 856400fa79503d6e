namespace Metering.Server.CommandLine;

/// <summary>A command cannot do what it was asked to. The message is for the person at the terminal.</summary>
internal sealed class CommandFailedException(string message) : Exception(message);
