using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Embedded;
using Metering.Grid.Projects;
using Metering.Grid.Wallets;

namespace Metering.Simulation.Load;

/// <content>Commands and reads of wallets and projects.</content>
internal sealed partial class Client
{
    private async Task CommandAsync()
    {
        if (workload.Sent.Count > 0 && dice.PerMille(120))
        {
            // A retry long after the answer was there.
            await ExecuteAsync(dice.Pick(workload.Sent));
            return;
        }

        SentCommand command = workload.MakeCommand(dice);
        if (command.Key is not null)
            workload.Sent.Add(command);
        Attempt attempt = await ExecuteAsync(command);
        if (attempt.Answer is WalletResult { Hold: { } hold })
            workload.Learn(command.Customer.Id, hold.Id);
        if (command.Key is not null && dice.PerMille(100))
            await ExecuteAsync(command);
    }

    private Task<Attempt> ExecuteAsync(SentCommand command) => SettleAsync(
        (number, route, step) => new Attempt
        {
            Number = number, Route = route, Invoked = step, Customer = command.Customer.Id, Command = command.Command,
            Events = command.Event is null ? [] : [command.Event],
        },
        async (engine, attempt) => await engine.Wallet(command.Customer).ExecuteAsync(CommandOf(command, attempt), CancellationToken.None),
        command.Key is not null);

    private WalletCommand CommandOf(SentCommand command, Attempt attempt)
    {
        if (command.Event is null)
            return attempt.Command!;
        var capture = (CaptureHoldForEvent)command.Command;
        return capture with { Event = SentEvent.Batch([command.Event], cluster.Directory) };
    }

    private async Task ReadAsync()
    {
        CustomerEntry customer = dice.Pick(cluster.Directory.Customers);
        int roll = dice.Below(10);
        if (roll < 6)
            await ReadWalletAsync(customer);
        else if (roll < 8)
            await ReadProjectAsync(dice.Pick([.. cluster.Directory.Projects.Values]));
        else if (roll < 9)
            await ReadStatusAsync(customer);
        else
            await CheckAsync(dice.Pick([.. cluster.Directory.Projects.Values]));
    }

    private Task<Attempt> ReadWalletAsync(CustomerEntry customer) => SettleAsync(
        (number, route, step) => new Attempt { Number = number, Route = route, Invoked = step, Customer = customer.Id },
        async (engine, _) => await engine.Wallet(customer).ReadAsync(CancellationToken.None),
        mayRepeat: true);

    private Task<Attempt> ReadStatusAsync(CustomerEntry customer) => SettleAsync(
        (number, route, step) => new Attempt { Number = number, Route = route, Invoked = step, Customer = customer.Id },
        async (engine, _) => await engine.Wallet(customer).ReadStatusAsync(CancellationToken.None),
        mayRepeat: true);

    private Task<Attempt> ReadProjectAsync(ProjectEntry project) => SettleAsync(
        (number, route, step) => new Attempt
        {
            Number = number, Route = route, Invoked = step, Customer = project.Customer.Id, Project = project.Id,
        },
        async (engine, _) => await engine.Project(project).ReadAsync(CancellationToken.None),
        mayRepeat: true);

    private Task<Attempt> CheckAsync(ProjectEntry project)
    {
        SentEvent single = workload.MakeEvent(dice, project);
        return SettleAsync(
            (number, route, step) => new Attempt
            {
                Number = number, Route = route, Invoked = step, Customer = project.Customer.Id, Project = project.Id,
            },
            async (engine, _) => await engine.Project(project).CheckAsync(SentEvent.Batch([single], cluster.Directory),
                CancellationToken.None),
            mayRepeat: true);
    }

    private async Task AdministerAsync()
    {
        CustomerEntry customer = dice.Pick(cluster.Directory.Customers);
        if (dice.PerMille(500))
        {
            ProjectEntry project = dice.Pick([.. cluster.Directory.Projects.Values]);
            PlanSpec plan = dice.Pick(PlanSpecs.All);
            PlanChangeTime when = dice.PerMille(700) ? PlanChangeTime.Now : PlanChangeTime.NextPeriod;
            await SettleAsync(
                (number, route, step) => new Attempt
                {
                    Number = number, Route = route, Invoked = step, Customer = project.Customer.Id, Project = project.Id,
                },
                async (engine, _) => await engine.Project(project).ChangePlanAsync(plan.Id, plan.Version, when, CancellationToken.None),
                mayRepeat: true);
            return;
        }

        await SetStatusAsync(customer, dice.PerMille(500) ? CustomerStatus.Suspended : CustomerStatus.PastDue);
        await WaitAsync(dice.Span(1_000, 50_000));
        await SetStatusAsync(customer, CustomerStatus.Active);
    }

    private Task<Attempt> SetStatusAsync(CustomerEntry customer, CustomerStatus status) => SettleAsync(
        (number, route, step) => new Attempt { Number = number, Route = $"{route} sets {status}", Invoked = step, Customer = customer.Id },
        async (engine, _) =>
        {
            await engine.Wallet(customer).SetStatusAsync(status, CancellationToken.None);
            return new StatusSet(status);
        },
        mayRepeat: true);
}

/// <summary>The answer to a change of status.</summary>
internal sealed record StatusSet(CustomerStatus Status);

/// <summary>A wallet command as a client keeps it, to send it again.</summary>
internal sealed record SentCommand(CustomerEntry Customer, WalletCommand Command, SentEvent? Event)
{
    public IdempotencyKey? Key => Command.Idempotency;
}
