using System.Text;
using Metering.Delivery.Mail;
using Metering.Delivery.Mail.Smtp;
using Metering.TestSupport.Mail;

namespace Metering.Delivery.Tests.Mail;

public sealed class SmtpMailSenderTests
{
    [Fact]
    public async Task Accepted_mail_is_handed_over_whole_and_once()
    {
        await using var server = new SmtpStandIn();

        MailOutcome outcome = await Sender(server).SendAsync(Mail("Hello\r\n.a line with a dot\r\nend"), default);

        Assert.Equal(MailVerdict.Accepted, outcome.Verdict);
        Assert.Equal("Hello\r\n..a line with a dot\r\nend\r\n", Assert.Single(server.Mails));
        Assert.Contains("MAIL FROM:<billing@meridian.example>", server.Commands);
        Assert.Contains("RCPT TO:<ap@acme.example>", server.Commands);
    }

    [Theory]
    [InlineData("greeting", "421 busy", MailVerdict.Failed, 421)]
    [InlineData("greeting", "554 no mail from you", MailVerdict.Failed, 554)]
    [InlineData("EHLO", "502 unknown", MailVerdict.Failed, 502)]
    [InlineData("MAIL", "550 not your sender", MailVerdict.Failed, 550)]
    [InlineData("RCPT", "450 mailbox busy", MailVerdict.Failed, 450)]
    [InlineData("RCPT", "550 no such user", MailVerdict.Refused, 550)]
    [InlineData("DATA", "451 later", MailVerdict.Failed, 451)]
    [InlineData(".", "452 no space", MailVerdict.Failed, 452)]
    [InlineData(".", "554 looks like spam", MailVerdict.Refused, 554)]
    [InlineData("RCPT", "what is that", MailVerdict.Failed, null)]
    [InlineData("RCPT", SmtpStandIn.Cut, MailVerdict.Failed, null)]
    [InlineData(".", SmtpStandIn.Cut, MailVerdict.Failed, null)]
    [InlineData("MAIL", SmtpStandIn.Silence, MailVerdict.Failed, null)]
    public async Task Refusals_for_good_are_told_from_those_for_this_time(string command, string reply, MailVerdict verdict, int? code)
    {
        await using SmtpStandIn server = new SmtpStandIn().Answer(command, reply);

        MailOutcome outcome = await Sender(server).SendAsync(Mail("x"), default);

        Assert.Equal((verdict, code), (outcome.Verdict, outcome.Code));
        Assert.NotEmpty(outcome.Text);
        Assert.Empty(server.Mails);
    }

    [Theory]
    [InlineData(SmtpStandIn.Cut)]
    [InlineData("500 what")]
    public async Task What_happens_behind_the_acceptance_changes_nothing(string farewell)
    {
        await using SmtpStandIn server = new SmtpStandIn().Answer("QUIT", farewell);
        Assert.Equal(MailVerdict.Accepted, (await Sender(server).SendAsync(Mail("x"), default)).Verdict);
    }

    [Fact]
    public async Task Server_that_is_not_there_is_a_failure_that_may_pass()
    {
        var server = new SmtpStandIn();
        SmtpMailSender sender = Sender(server);
        await server.DisposeAsync();
        Assert.Equal(MailVerdict.Failed, (await sender.SendAsync(Mail("x"), default)).Verdict);
    }

    [Fact]
    public async Task Password_goes_only_through_tls_where_it_is_demanded()
    {
        await using var server = new SmtpStandIn { Extensions = { "STARTTLS", "AUTH PLAIN LOGIN" } };
        var sender = new SmtpMailSender(
            new SmtpOptions { Host = "127.0.0.1", Port = server.Port, User = "me", Password = "secret" }, (_, _, _, _) => true);

        MailOutcome outcome = await sender.SendAsync(Mail("x"), default);

        Assert.Equal(MailVerdict.Accepted, outcome.Verdict);
        int secured = server.Commands.IndexOf("STARTTLS");
        int signedIn = server.Commands.FindIndex(line => line.StartsWith("AUTH PLAIN", StringComparison.Ordinal));
        Assert.InRange(secured, 0, signedIn);
        Assert.Equal("\0me\0secret", Encoding.UTF8.GetString(Convert.FromBase64String(server.Commands[signedIn].Split(' ')[2])));
    }

    [Fact]
    public async Task Server_without_tls_gets_neither_password_nor_mail()
    {
        await using var server = new SmtpStandIn { Extensions = { "AUTH PLAIN" } };
        var sender = new SmtpMailSender(new SmtpOptions { Host = "127.0.0.1", Port = server.Port, User = "me", Password = "secret" });

        Assert.Equal(MailVerdict.Failed, (await sender.SendAsync(Mail("x"), default)).Verdict);
        Assert.DoesNotContain(server.Commands, line => line.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Server_with_a_certificate_that_nobody_vouches_for_gets_no_mail()
    {
        await using var server = new SmtpStandIn { IsImplicitTls = true };
        var sender = new SmtpMailSender(new SmtpOptions { Host = "127.0.0.1", Port = server.Port, Security = SmtpSecurity.Tls });

        Assert.Equal(MailVerdict.Failed, (await sender.SendAsync(Mail("x"), default)).Verdict);
        Assert.Empty(server.Commands);
    }

    [Fact]
    public async Task Tls_from_the_first_byte_and_signing_in_by_login()
    {
        await using SmtpStandIn server = new SmtpStandIn { IsImplicitTls = true, Extensions = { "AUTH LOGIN" } }
            .Answer("AUTH", "334 VXNlcm5hbWU6").Answer("bWU=", "334 UGFzc3dvcmQ6").Answer("c2VjcmV0", "235 welcome");
        var options = new SmtpOptions
        {
            Host = "127.0.0.1", Port = server.Port, Security = SmtpSecurity.Tls, User = "me", Password = "secret",
        };

        Assert.Equal(MailVerdict.Accepted, (await new SmtpMailSender(options, (_, _, _, _) => true).SendAsync(Mail("x"), default)).Verdict);
        Assert.Equal(["AUTH LOGIN", "bWU=", "c2VjcmV0"], server.Commands.Skip(1).Take(3));
    }

    [Fact]
    public async Task Wrong_password_may_be_mended_and_gives_no_mail_up()
    {
        await using SmtpStandIn server = new SmtpStandIn { Extensions = { "AUTH PLAIN" } }.Answer("AUTH", "535 no");
        var options = new SmtpOptions { Host = "127.0.0.1", Port = server.Port, Security = SmtpSecurity.None, User = "me", Password = "x" };
        MailOutcome outcome = await new SmtpMailSender(options).SendAsync(Mail("x"), default);
        Assert.Equal((MailVerdict.Failed, 535), (outcome.Verdict, outcome.Code));
    }

    [Theory]
    [InlineData(true, MailVerdict.Accepted)]
    [InlineData(false, MailVerdict.Refused)]
    public async Task Address_beyond_ascii_needs_a_server_that_takes_it(bool offered, MailVerdict verdict)
    {
        await using var server = new SmtpStandIn();
        if (offered)
            server.Extensions.Add("SMTPUTF8");
        MailMessage mail = Mail("x") with { Recipient = Address("jürgen@bücher.example") };

        Assert.Equal(verdict, (await Sender(server).SendAsync(mail, default)).Verdict);
        Assert.Equal(offered, server.Commands.Contains("RCPT TO:<jürgen@xn--bcher-kva.example>"));
    }

    [Fact]
    public void Options_name_all_their_faults()
    {
        var options = new SmtpOptions { Host = "mail.example", Port = 0, Security = SmtpSecurity.None, User = "me", Password = "x" };
        string message = Assert.Throws<ArgumentException>(() => new SmtpMailSender(options)).Message;
        Assert.Contains("port", message, StringComparison.Ordinal);
        Assert.Contains("in clear", message, StringComparison.Ordinal);
    }

    private static SmtpMailSender Sender(SmtpStandIn server) =>
        new(new SmtpOptions { Host = "127.0.0.1", Port = server.Port, Security = SmtpSecurity.None, Timeout = TimeSpan.FromSeconds(2) });

    private static MailAddress Address(string text) =>
        MailAddress.TryParse(text, out MailAddress? address) ? address : throw new FormatException(text);

    private static MailMessage Mail(string content) =>
        new(Address("billing@meridian.example"), Address("ap@acme.example"), Encoding.UTF8.GetBytes(content));
}
