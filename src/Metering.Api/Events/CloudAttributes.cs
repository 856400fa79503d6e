namespace Metering.Api.Events;

/// <summary>The attributes of CloudEvents 1.0 that mean something here.</summary>
[Flags]
internal enum CloudAttributes
{
    None = 0,
    Id = 1,
    Source = 2,
    SpecVersion = 4,
    Type = 8,
    Subject = 16,
    Time = 32,
    Data = 64,
    DataBase64 = 128,
    Required = Id | Source | SpecVersion | Type | Subject,
}

/// <summary>Names of attributes.</summary>
internal static class CloudAttribute
{
    /// <summary>The required ones, in the order in which their absence is reported.</summary>
    public static readonly (CloudAttributes Attribute, string Name)[] RequiredNames =
    [
        (CloudAttributes.Id, "id"), (CloudAttributes.Source, "source"), (CloudAttributes.SpecVersion, "specversion"),
        (CloudAttributes.Type, "type"), (CloudAttributes.Subject, "subject"),
    ];

    /// <summary>The attribute of a name; <see cref="CloudAttributes.None"/> for an extension.</summary>
    public static CloudAttributes Of(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when name.SequenceEqual("id"u8) => CloudAttributes.Id,
        4 when name.SequenceEqual("type"u8) => CloudAttributes.Type,
        4 when name.SequenceEqual("data"u8) => CloudAttributes.Data,
        4 when name.SequenceEqual("time"u8) => CloudAttributes.Time,
        6 when name.SequenceEqual("source"u8) => CloudAttributes.Source,
        7 when name.SequenceEqual("subject"u8) => CloudAttributes.Subject,
        11 when name.SequenceEqual("specversion"u8) => CloudAttributes.SpecVersion,
        11 when name.SequenceEqual("data_base64"u8) => CloudAttributes.DataBase64,
        _ => CloudAttributes.None,
    };
}
