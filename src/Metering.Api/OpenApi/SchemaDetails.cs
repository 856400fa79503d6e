using System.Text.Json.Serialization.Metadata;
using Metering.Api.Json;
using Metering.Core.Money;
using Metering.Core.Time;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Metering.Api.OpenApi;

/// <summary>Describes the types that are written by converters of their own.</summary>
internal sealed class SchemaDetails : IOpenApiSchemaTransformer
{
    private const string DecimalPattern = "^-?[0-9]{1,18}(\\.[0-9]{1,9})?$";

    /// <summary>Whether a type is described where it is used, without a name of its own.</summary>
    public static bool IsInline(Type type) =>
        (Nullable.GetUnderlyingType(type) ?? type) is var inner
            && (inner == typeof(Amount) || inner == typeof(ExactNumber) || inner == typeof(Instant));

    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        Type type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        bool isNullable = type != context.JsonTypeInfo.Type;
        if (type == typeof(Amount))
        {
            Become(schema, JsonSchemaType.String, isNullable);
            schema.Pattern = DecimalPattern;
            schema.Description ??= "An exact decimal. A number is accepted too.";
        }
        else if (type == typeof(ExactNumber))
        {
            Become(schema, JsonSchemaType.Number, isNullable);
            schema.Description ??= "An exact decimal of up to 18 digits before and 9 after the point. A string is accepted too.";
        }
        else if (type == typeof(Instant))
        {
            Become(schema, JsonSchemaType.String, isNullable);
            schema.Format = "date-time";
        }
        else
        {
            ReleaseNullable(schema, context.JsonTypeInfo);
        }

        return Task.CompletedTask;
    }

    /// <summary>What may be null may also be left out of a request, and is left out of some answers.</summary>
    private static void ReleaseNullable(OpenApiSchema schema, JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || schema.Required is null)
            return;
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.IsGetNullable || Nullable.GetUnderlyingType(property.PropertyType) is not null)
                schema.Required.Remove(property.Name);
        }
    }

    private static void Become(OpenApiSchema schema, JsonSchemaType type, bool isNullable)
    {
        schema.Type = isNullable ? type | JsonSchemaType.Null : type;
        schema.Properties?.Clear();
        schema.Required?.Clear();
    }
}
