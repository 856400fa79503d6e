using System.Net;
using System.Net.Sockets;
using System.Text;
using Metering.Server.Client;

namespace Metering.Api.Tests.Server;

public sealed class EventSenderTests
{
    [Fact]
    public async Task An_overloaded_answer_is_tried_again_and_an_unavailable_event_too_without_counting_the_others_twice()
    {
        string[] answers =
        [
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
            Ok("""{"results":[{"index":0,"status":"accepted","credits":"15"},{"index":1,"status":"rejected","code":"unavailable"}]}"""),
            Ok("""{"results":[{"index":0,"status":"duplicate","credits":"15"},{"index":1,"status":"accepted","credits":"2.5"}]}"""),
        ];
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task server = AnswerAsync(listener, answers);
        using var client = new MeteringClient(
            new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), "mk_test_x", TimeProvider.System);

        var tally = new Tally();
        UsageEvent[] events = [new("a", "s", "t", "c", default, []), new("b", "s", "t", "c", default, [])];
        await new EventSender(client, lanes: 2, batchSize: 10).SendAsync(events, tally, _ => { }, CancellationToken.None);

        Assert.Equal((2, 2, 0, "17.5"), (tally.Sent, tally.Accepted, tally.Duplicates, tally.Credits.ToString()));
        await server;
    }

    private static string Ok(string body) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static async Task AnswerAsync(TcpListener listener, string[] answers)
    {
        using TcpClient connection = await listener.AcceptTcpClientAsync();
        NetworkStream stream = connection.GetStream();
        var buffer = new byte[16_384];
        foreach (string answer in answers)
        {
            var text = new StringBuilder();
            // The body ends with the closing bracket of the batch.
            while (!text.ToString().EndsWith(']'))
                text.Append(Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer)));
            await stream.WriteAsync(Encoding.UTF8.GetBytes(answer));
        }
    }
}
