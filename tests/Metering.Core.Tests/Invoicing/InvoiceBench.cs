using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Tests.Invoicing;

/// <summary>A project that uses meters on plans written as JSON, and the invoice of it.</summary>
internal sealed class InvoiceBench
{
    public static readonly Period January = Days("2025-01-01", "2025-02-01");

    public static readonly IReadOnlyDictionary<MeterId, Meter> Meters = new[]
    {
        Make("calls", Aggregation.Count, "calls"), Make("storage_gb", Aggregation.Max, "GB"), Make("minutes", Aggregation.Sum, "minutes"),
        Make("payments", Aggregation.Sum, ""), Make("seats", Aggregation.Unique, "seats"), Make("level", Aggregation.Latest, ""),
        Make("tokens", Aggregation.Sum, "tokens", "provider", "model"),
    }.ToDictionary(meter => meter.Id);

    private readonly ProjectUsage _usage = new("p1", "first", 1);
    private readonly List<PricedPlan> _plans = [];
    private readonly Dictionary<int, Amount> _overage = [];
    private Instant _minute;

    /// <param name="plan">Members of a plan, such as <c>"charges":[...]</c>, beside name, currency and wallet mode.</param>
    /// <param name="currency">The customer's, and the plan's unless it has its own prices for it.</param>
    /// <param name="from">When the project begins; the start of January if null.</param>
    public InvoiceBench(string plan, string currency = "USD", Instant? from = null)
    {
        Currency = Currency.Parse(currency);
        _plans.Add(Priced(plan, "First"));
        _usage.ApplyPeriodOpened(January, from ?? January.Start, 1);
        _minute = from ?? January.Start;
    }

    public Currency Currency { get; }

    public InvoiceInputs Extra { get; set; } = new()
    {
        Project = ProjectId.Parse("p1"), Customer = CustomerId.Parse("c1"), Period = January, FirstDay = new DateOnly(2025, 1, 1),
        Currency = Currency.Parse("USD"), Segments = [], TaxDate = new DateOnly(2025, 1, 31), DueAt = At("2025-03-03"),
        Positions = new JournalRange(1, 9),
    };

    public static Amount A(string text) => Amount.Parse(text);

    public static Instant At(string text)
    {
        Assert.True(Instant.TryParseRfc3339(text.Length == 10 ? text + "T00:00:00Z" : text, out var instant));
        return instant;
    }

    public static Period Days(string from, string until) => new(At(from), At(until));

    /// <summary>Uses of a meter, each a minute after the one before.</summary>
    public InvoiceBench Use(string meter, params string[] values)
    {
        foreach (var value in values)
            Count(meter, value, _minute += TimeSpan.FromMinutes(1));
        return this;
    }

    public InvoiceBench UseAt(string time, string meter, string value)
    {
        Count(meter, value, At(time));
        return this;
    }

    /// <summary>Uses tokens: <c>A/m=10</c> is 10 of provider A and model m; an empty value is missing.</summary>
    public InvoiceBench Tokens(params string[] uses)
    {
        foreach (var use in uses)
        {
            var parts = use.Split('=', '/');
            Count("tokens", parts[2], _minute += TimeSpan.FromMinutes(1), parts[0], parts[1]);
        }

        return this;
    }

    public InvoiceBench TokensAt(string time, string provider, string model, string value)
    {
        Count("tokens", value, At(time), provider, model);
        return this;
    }

    public InvoiceBench Credits(string burned, string overage)
    {
        _usage.ApplyCredits(A(burned), _minute);
        _overage[_plans.Count - 1] = A(overage);
        return this;
    }

    public InvoiceBench Change(string plan, Instant at, string name = "Second")
    {
        _plans.Add(Priced(plan, name));
        _usage.ApplyPlanChanged("other", 1, at);
        _minute = at;
        return this;
    }

    /// <summary>Closes January: what is used from then on is late.</summary>
    public InvoiceBench Close()
    {
        _usage.ApplyPeriodOpened(Days("2025-02-01", "2025-03-01"), At("2025-02-01"), 2);
        _usage.ApplyPeriodClosed(January.Start, At("2025-02-03"));
        _minute = January.Start;
        return this;
    }

    /// <summary>The invoice of January.</summary>
    public Invoice Invoice() => InvoiceCompiler.Compile(Inputs());

    public InvoiceInputs Inputs() => Extra with { Currency = Currency, Segments = Segments() };

    public LatePeriod Late(string adjustedBefore = "0")
    {
        var january = _usage.Periods[0];
        var segments = Segments().Select((closed, i) => new LateSegment(closed, january.Late[i], Amount.Zero)).ToArray();
        return new LatePeriod(January, Extra.FirstDay, segments, A(adjustedBefore));
    }

    /// <summary>February's invoice, in which nothing was used, on the last plan.</summary>
    public Invoice NextInvoice(string adjustedBefore = "0")
    {
        var february = Days("2025-02-01", "2025-03-01");
        return InvoiceCompiler.Compile(Extra with
        {
            Currency = Currency, Period = february, FirstDay = new DateOnly(2025, 2, 1),
            Segments = [new SegmentInputs(february, _plans[^1], IntervalShare.Whole, _usage.Newest.Segments[0], Amount.Zero)],
            Late = [Late(adjustedBefore)],
        });
    }

    /// <summary>Lines as "description: quantity unit x price = amount", one a line.</summary>
    public static string Text(Invoice invoice) => string.Join('\n', invoice.Lines.Select(Text));

    private static string Text(InvoiceLine line)
    {
        var unit = line.Unit.Length == 0 ? "" : " " + line.Unit;
        var per = line.Per == Amount.One ? "" : $"/{line.Per}";
        return $"{line.Description}: {line.Quantity}{unit} x {line.UnitPrice}{per} = {line.Amount}";
    }

    public static PricedPlan Priced(string plan, string name, string currency, string planCurrency)
    {
        var members = plan.Length == 0 ? "" : "," + plan;
        var json = $$"""{"name":"{{name}}","currency":"{{planCurrency}}","wallet_mode":"postpaid"{{members}}}""";
        var read = CatalogJson.TryReadPlan(
            PlanId.Parse(name.ToLowerInvariant()), 1, Encoding.UTF8.GetBytes(json), Meters, out var parsed, out var faults);
        Assert.True(read, Catalog.Read.Lines(faults));
        return PricedPlan.Compile(parsed!, Currency.Parse(currency), Meters);
    }

    private PricedPlan Priced(string plan, string name) => Priced(plan, name, Currency.Code, Currency.Code);

    private SegmentInputs[] Segments()
    {
        var segments = _usage.Periods[0].Segments;
        return [.. segments.Select((segment, i) =>
        {
            var period = new Period(segment.Start, i + 1 < segments.Count ? segments[i + 1].Start : January.End);
            var share = Proration.ShareOf(period, TimeZoneInfo.Utc, AnchorOf(_plans[i].Plan));
            return new SegmentInputs(period, _plans[i], share, segment, _overage.GetValueOrDefault(i));
        })];
    }

    private static BillingAnchor AnchorOf(Plan plan) =>
        plan.Interval == BillingInterval.Year ? BillingAnchor.Yearly(1, 1) : BillingAnchor.Monthly(1);

    private void Count(string meter, string value, Instant time, params string[] dimensions)
    {
        var known = Meters[MeterId.Parse(meter)];
        var key = new ByteWriter();
        foreach (var dimension in dimensions)
        {
            if (dimension.Length == 0)
                DimensionKey.AppendMissing(key);
            else
                DimensionKey.Append(key, Encoding.UTF8.GetBytes(dimension));
        }

        var isUnique = known.Aggregation == Aggregation.Unique;
        _usage.ApplyCounted(
            new CountedValue
            {
                Meter = meter, Aggregation = known.Aggregation, DimensionNames = [.. known.Dimensions], Dimensions = key.Span,
                Value = known.Aggregation == Aggregation.Count ? Amount.One : isUnique ? Amount.Zero : A(value),
                ValueHash = isUnique ? (UInt128)value.GetHashCode(StringComparison.Ordinal) : 0,
            },
            time, time);
    }

    private static Meter Make(string id, Aggregation aggregation, string unit, params string[] dimensions) => new()
    {
        Id = MeterId.Parse(id), EventType = "t", Aggregation = aggregation, Unit = unit, Dimensions = dimensions.ToValueList(),
        Value = aggregation == Aggregation.Count ? null : "n",
    };
}
