using Metering.Core.Binary;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Projects;
using Metering.Orleans.Serialization;
using Metering.TestSupport.Engine;

namespace Metering.Orleans.Tests.Serialization;

public sealed class ContractFormatTests
{
    private readonly ContractFormat format = new(() => KitCluster.NewDirectory().Catalog);

    public static TheoryData<object> Values => new(
        new GrantCredits(Amount.One, GrantKind.Paid, 50, Instant.UnixEpoch, "é") { Idempotency = new IdempotencyKey(UInt128.MaxValue, 5) },
        new CreateHold(null, Amount.Parse("0.000000001"), TimeSpan.FromSeconds(3)),
        new AdjustCredits(Amount.FromWhole(-3), ""),
        new RemoveAutoTopUp(),
        new HoldView("h", Amount.One, Amount.Zero, Amount.One, HoldState.Pending, Instant.UnixEpoch, Instant.MaxValue, null),
        new CreditNoteOrder(InvoiceId.Parse("inv_a_20250101"), null, "why", new IdempotencyKey(1, 2)),
        new PushedLine(3, "ii"),
        new Period(Instant.UnixEpoch, Instant.MaxValue),
        CustomerStatus.PastDue,
        CouponId.Parse("half"),
        new CheckAnswer(Core.Usage.EventCode.LimitExceeded, Amount.One, []),
        new LimitAlert("units", PeriodKind.Month, Amount.One, Amount.One, 80.5m, 80, "warning", "near"));

    [Theory]
    [MemberData(nameof(Values))]
    public void Contract_comes_out_as_it_went_in(object value)
    {
        object read = format.Read(format.Write(value));
        Assert.Equal(value.GetType(), read.GetType());
        Assert.Equal(value.ToString(), read.ToString());
        if (value is not CheckAnswer)
            Assert.Equal(value, read);
    }

    [Fact]
    public void Lists_within_come_out_item_by_item()
    {
        var view = new ProjectView(
            "p", "c", "plan", 2, null, 0, Instant.UnixEpoch, Instant.MaxValue,
            [
                new MeterUsageView(
                    "units", [new("model", "a"), new("tier", "")], Amount.One, 3, Amount.One, Amount.Zero, 0, Amount.One),
            ],
            [], [new LimitView("units", PeriodKind.Day, Instant.UnixEpoch, Instant.MaxValue, Amount.One, null, true)], Amount.One, 7);
        var read = (ProjectView)format.Read(format.Write(view));
        Assert.Equal(view.Usage[0].Dimensions, read.Usage[0].Dimensions);
        Assert.Equal(view.Limits, read.Limits);
        Assert.Empty(read.Totals);
        Assert.Equal((7, "plan", (string?)null), (read.AsOfSequence, read.Plan, read.NextPlan));
    }

    [Fact]
    public void Everything_that_grains_take_and_give_has_a_form()
    {
        Type[] interfaces = [typeof(Grid.Wallets.IWallet), typeof(IProject), typeof(IBilling)];
        IEnumerable<Type> types = interfaces.SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType))
            .SelectMany(type => type.IsGenericType ? type.GetGenericArguments() : [type])
            .SelectMany(type => type.IsGenericType ? type.GetGenericArguments() : [type])
            .Where(ContractFormat.IsContract);
        Type[] commands = [.. typeof(WalletCommand).Assembly.GetTypes().Concat(typeof(Grid.IMeteringEngine).Assembly.GetTypes())
            .Where(type => type.IsSubclassOf(typeof(WalletCommand)))];
        Assert.True(commands.Length >= 12);
        // A print is made of all that is written, so it finds every member that has no form.
        Assert.All(types.Concat(commands).Distinct(), type => Assert.NotEqual(0UL, format.ShapeOf(type).Print));
    }

    [Fact]
    public void Rubbish_is_refused()
    {
        byte[] body = format.Write(new GrantCredits(Amount.One, GrantKind.Paid, 50, Instant.UnixEpoch, "why"));
        for (int length = 0; length < body.Length; length++)
            Assert.Throws<CorruptDataException>(() => format.Read(body.AsSpan(0, length)));
        Assert.Throws<CorruptDataException>(() => format.Read([.. body, 0]));
        var random = new Random(3);
        for (int round = 0; round < 5_000; round++)
        {
            byte[] broken = [.. body];
            broken[random.Next(broken.Length)] = (byte)random.Next(256);
            Exception? fault = Record.Exception(() => format.Read(broken));
            Assert.True(fault is null or CorruptDataException, $"Round {round}: {fault}");
        }
    }

    [Fact]
    public void Name_of_another_assembly_is_never_made()
    {
        var writer = new ByteWriter();
        writer.Byte(1);
        writer.Text("System.Diagnostics.Process");
        writer.Fixed64(0);
        Assert.Throws<CorruptDataException>(() => format.Read(writer.Span));
    }
}
