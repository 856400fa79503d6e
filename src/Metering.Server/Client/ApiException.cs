using System.Net;

namespace Metering.Server.Client;

/// <summary>The server refused a request, or cannot be reached. The message is for the person at the terminal.</summary>
internal sealed class ApiException : Exception
{
    public ApiException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    public ApiException(HttpStatusCode status, string code, string message)
        : base(message)
    {
        Status = status;
        Code = code;
    }

    /// <summary>The answer's status; 0 where there was none.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The stable code of the refusal; empty where there was none.</summary>
    public string Code { get; } = "";
}
