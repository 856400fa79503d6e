using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Metering.Scenarios.Support;

/// <summary>The HTTP API as any client uses it, with one key.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient http;
    private readonly IReadOnlyList<Uri> servers;
    private int requests;

    public ApiClient(Uri server, string? key)
        : this([server], key)
    {
    }

    /// <param name="servers">Asked in turn.</param>
    /// <param name="key">The key; null for none.</param>
    public ApiClient(IReadOnlyList<Uri> servers, string? key)
    {
        this.servers = servers;
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 128 });
        if (key is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<Answer> PostAsync(string path, object? body, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, body, headers);

    public Task<Answer> PutAsync(string path, object body) => SendAsync(HttpMethod.Put, path, body);

    public Task<Answer> PatchAsync(string path, object body) => SendAsync(HttpMethod.Patch, path, body);

    public Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null);

    /// <summary>Sends events and asks for a result for each.</summary>
    public Task<Answer> IngestAsync(params object[] events) => PostAsync("/v1/events", events, ("Prefer", "return=representation"));

    /// <param name="method">The method.</param>
    /// <param name="path">The path.</param>
    /// <param name="body">A text is sent as it is; anything else as its JSON; null sends none.</param>
    /// <param name="headers">More headers.</param>
    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, Address(path));
        if (body is not null)
            request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        foreach ((string name, string value) in headers)
            request.Headers.Add(name, value);
        using HttpResponseMessage response = await http.SendAsync(request);
        byte[] bytes = await response.Content.ReadAsByteArrayAsync();
        if (bytes.Length == 0)
            return new Answer((int)response.StatusCode, default, response.Headers);
        using JsonDocument document = JsonDocument.Parse(bytes);
        return new Answer((int)response.StatusCode, document.RootElement.Clone(), response.Headers);
    }

    /// <summary>Reads what is not JSON, as Latin-1; it must be there.</summary>
    public async Task<string> ReadTextAsync(string path, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address(path));
        request.Headers.Add("Accept", accept);
        using HttpResponseMessage response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return Encoding.Latin1.GetString(await response.Content.ReadAsByteArrayAsync());
    }

    public void Dispose() => http.Dispose();

    private Uri Address(string path) => new(servers[(int)((uint)Interlocked.Increment(ref requests) % (uint)servers.Count)], path);
}
