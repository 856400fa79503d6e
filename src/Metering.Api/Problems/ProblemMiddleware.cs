using System.Data.Common;
using Metering.Api.Access;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Metering.Api.Problems;

/// <summary>
/// The outermost step: turns exceptions and bare error statuses into problems, so that every error of the API has one form. A fault that
/// nobody expected is logged and answered 500 without its text.
/// </summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    private const int ClientClosedRequest = 499;

    public Task InvokeAsync(HttpContext context)
    {
        // What may be asked for by GET may be by HEAD (RFC 9110, section 9.1); the server leaves the body out by the method as it was sent.
        if (HttpMethods.IsHead(context.Request.Method))
            context.Request.Method = HttpMethods.Get;
        Task served;
        try
        {
            served = next(context);
        }
        catch (Exception exception)
        {
            return AnswerAsync(context, exception);
        }

        return served.IsCompletedSuccessfully ? CompleteAsync(context) : AwaitAsync(context, served);
    }

    private static Task CompleteAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        if (response.HasStarted || response.StatusCode < 400 || response.ContentType is not null || response.ContentLength is not null)
            return Task.CompletedTask;
        string? code = response.StatusCode switch
        {
            StatusCodes.Status400BadRequest => ProblemCodes.InvalidRequest,
            StatusCodes.Status404NotFound => ProblemCodes.NotFound,
            StatusCodes.Status405MethodNotAllowed => ProblemCodes.MethodNotAllowed,
            StatusCodes.Status413PayloadTooLarge => ProblemCodes.PayloadTooLarge,
            StatusCodes.Status415UnsupportedMediaType => ProblemCodes.UnsupportedMediaType,
            _ => null,
        };
        return code is null ? Task.CompletedTask : Problem.From(code).ExecuteAsync(context);
    }

    private async Task AwaitAsync(HttpContext context, Task served)
    {
        try
        {
            await served;
        }
        catch (Exception exception)
        {
            await AnswerAsync(context, exception);
            return;
        }

        await CompleteAsync(context);
    }

    private async Task AnswerAsync(HttpContext context, Exception exception)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            if (!context.Response.HasStarted)
                context.Response.StatusCode = ClientClosedRequest;
            return;
        }

        Problem? problem = Describe(exception);
        if (problem is null)
            LogUnexpected(logger, exception, context.Request.Method, context.Request.Path);
        else
            LogAnswered(logger, exception, context.Request.Method, context.Request.Path, problem.Kind.Code);
        if (context.Response.HasStarted)
        {
            // The status is out: only a broken connection still tells the client that the answer is not whole.
            context.Abort();
            return;
        }

        KeyLimits.ClearBut(context.Response);
        await (problem ?? Problem.From(ProblemCodes.InternalError)).ExecuteAsync(context);
    }

    private static Problem? Describe(Exception exception) => exception switch
    {
        OverloadedException => Problem.From(ProblemCodes.Overloaded, "Too much work is in flight; send the same again."),
        PartitionUnavailableException => Problem.From(
            ProblemCodes.Unavailable, "The customer's data is away for the moment; sending the same again is safe."),
        DirectoryUnavailableException => Problem.From(ProblemCodes.Unavailable, "The directory is away; send the same again."),
        TooManyRowsException rows => Problem.From(
            ProblemCodes.TooManyRows, $"There are more than {rows.Max} rows; ask for a shorter time or fewer meters."),
        DbException database when DatabaseAway.Is(database) =>
            Problem.From(ProblemCodes.Unavailable, "The database is away; send the same again."),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Problem.From(ProblemCodes.PayloadTooLarge),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => Problem.From(ProblemCodes.RequestTimeout),
        BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType } =>
            Problem.From(ProblemCodes.UnsupportedMediaType),
        BadHttpRequestException bad => Problem.From(ProblemCodes.InvalidRequest, bad.Message),
        _ => null,
    };

    // The engine says once that a shard is away; saying it again for each request is for whoever looks for one.
    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Path} was answered {Code}")]
    private static partial void LogAnswered(ILogger logger, Exception exception, string method, string path, string code);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed unexpectedly")]
    private static partial void LogUnexpected(ILogger logger, Exception exception, string method, string path);
}
