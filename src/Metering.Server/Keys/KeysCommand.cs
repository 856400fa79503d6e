using System.CommandLine;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Server.CommandLine;
using Metering.Server.Databases;
using Spectre.Console;

namespace Metering.Server.Keys;

/// <summary><c>keys</c>: the operator's keys, and all keys of a customer.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "Create, list and revoke keys, straight in the control database.")
    {
        CreateKey(), List(), Revoke(),
    };

    private static Command CreateKey()
    {
        var command = new Command("create", "Make an operator's key and show it, once.");
        var name = new Option<string>("--name") { Description = "A label", DefaultValueFactory = _ => "operator" };
        command.Options.Add(name);
        SettingOptions settings = new SettingOptions().AddDatabases(command);
        command.SetAction((parsed, stop) =>
            ControlSession.WithDirectoryAsync(settings.Read(parsed), async (directory, cancellation) =>
        {
            string secret = OperatorKeys.NewSecret();
            KeyRecord record = OperatorKeys.Record(
                secret, parsed.GetValue(name)!, Instant.FromDateTimeOffset(TimeProvider.System.GetUtcNow()));
            await directory.AddKeyAsync(record, cancellation);
            Console.WriteLine(secret);
            return ExitCodes.Done;
        }, stop));
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "List the operator's keys, or those of a customer; only their first characters are known.");
        var customer = new Option<string?>("--customer") { Description = "The customer", HelpName = "ID" };
        command.Options.Add(customer);
        SettingOptions settings = new SettingOptions().AddDatabases(command);
        command.SetAction((parsed, stop) =>
            ControlSession.WithDirectoryAsync(settings.Read(parsed), async (directory, cancellation) =>
        {
            Table table = new Table().RoundedBorder().AddColumns("id", "key", "name", "scopes", "created", "revoked");
            foreach (KeyRecord key in await directory.ListKeysAsync(parsed.GetValue(customer), cancellation))
            {
                string scopes = key.CustomerId is null ? "operator" : key.Scopes.ToString().ToLowerInvariant();
                string revoked = key.RevokedAt?.ToString() ?? "";
                table.AddRow(key.Id, Markup.Escape(key.Prefix + "..."), Markup.Escape(key.Name), scopes, key.CreatedAt.ToString(), revoked);
            }

            Terminal.Create().Write(table);
            return ExitCodes.Done;
        }, stop));
        return command;
    }

    private static Command Revoke()
    {
        var command = new Command("revoke", "Revoke a key by its id; servers stop taking it within five seconds.");
        var id = new Argument<string>("ID") { Description = "The key's id, as list shows it" };
        command.Arguments.Add(id);
        SettingOptions settings = new SettingOptions().AddDatabases(command);
        command.SetAction((parsed, stop) =>
            ControlSession.WithDirectoryAsync(settings.Read(parsed), async (directory, cancellation) =>
        {
            Instant now = Instant.FromDateTimeOffset(TimeProvider.System.GetUtcNow());
            KeyRecord key = await directory.RevokeKeyAsync(parsed.GetValue(id)!, now, cancellation)
                ?? throw new CommandFailedException($"There is no key {parsed.GetValue(id)}.");
            Console.WriteLine($"{key.Id} ({key.Prefix}...) is revoked since {key.RevokedAt}.");
            return ExitCodes.Done;
        }, stop));
        return command;
    }
}
