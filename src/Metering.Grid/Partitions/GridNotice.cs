namespace Metering.Grid.Partitions;

/// <summary>How much a notice matters.</summary>
public enum NoticeLevel
{
    /// <summary>Something to know.</summary>
    Information = 0,

    /// <summary>Something failed that is tried again by itself.</summary>
    Warning = 1,

    /// <summary>Something that needs a person: broken data, or another owner.</summary>
    Error = 2,
}

/// <summary>Something an operator should read in the log.</summary>
/// <param name="Level">How much it matters.</param>
/// <param name="Partition">The partition it is about, or -1.</param>
/// <param name="Message">In words.</param>
/// <param name="Exception">What was thrown, if anything.</param>
public sealed record GridNotice(NoticeLevel Level, int Partition, string Message, Exception? Exception);
