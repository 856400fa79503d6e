using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Wallets;
using Orleans.Metadata;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.WireProtocol;

namespace Metering.Orleans.Serialization;

/// <summary>Has Orleans write the contracts of Metering.Core and Metering.Grid as <see cref="ContractFormat"/> says.</summary>
[Alias(Name)]
public sealed class ContractCodec(IDirectory directory) : IGeneralizedCodec, IGeneralizedCopier, ITypeFilter
{
    /// <summary>The codec's name in messages.</summary>
    public const string Name = "metering.contract";

    private static readonly Type Self = typeof(ContractCodec);

    private readonly ContractFormat format = new(() => directory.Catalog);

    /// <inheritdoc />
    public void WriteField<TBufferWriter>(
        ref Writer<TBufferWriter> writer, uint fieldIdDelta, [AllowNull] Type expectedType, [AllowNull] object value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
            return;
        writer.WriteFieldHeader(fieldIdDelta, expectedType!, Self, WireType.LengthPrefixed);
        byte[] body = format.Write(value!);
        writer.WriteVarUInt32((uint)body.Length);
        writer.Write(body);
    }

    /// <inheritdoc />
    public object? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.IsReference)
            return ReferenceCodec.ReadReference(ref reader, field.FieldType!);
        field.EnsureWireType(WireType.LengthPrefixed);
        uint placeholder = ReferenceCodec.CreateRecordPlaceholder(reader.Session);
        uint length = reader.ReadVarUInt32();
        reader.EnsureAvailable(length);
        byte[] body = reader.ReadBytes(length);
        object value = format.Read(body);
        ReferenceCodec.RecordObject(reader.Session, value, placeholder);
        return value;
    }

    /// <inheritdoc />
    public object? DeepCopy(object? input, CopyContext context) => input switch
    {
        null => null,
        // Its sender may take the buffers back while the receiver still reads.
        EventBatch or CaptureHoldForEvent => format.Read(format.Write(input)),
        _ => input,
    };

    /// <inheritdoc />
    public bool? IsTypeAllowed(Type type) => IsSupported(type) ? true : null;

    /// <inheritdoc />
    bool IGeneralizedCodec.IsSupportedType(Type type) => IsSupported(type);

    /// <inheritdoc />
    bool IGeneralizedCopier.IsSupportedType(Type type) => IsSupported(type);

    // Exceptions are Orleans' own matter.
    private static bool IsSupported(Type type) =>
        type == Self || (ContractFormat.IsContract(type) && !type.IsSubclassOf(typeof(Exception)));
}
