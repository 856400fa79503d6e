namespace Metering.Server.Demo;

/// <summary>What a customer's traffic is made of.</summary>
internal enum DemoTrafficKind
{
    /// <summary>Calls of language models.</summary>
    Models,

    /// <summary>Calls of an HTTP API.</summary>
    Calls,

    /// <summary>Meetings, by the participant and minute.</summary>
    Meetings,

    /// <summary>Nothing by itself.</summary>
    None,
}

/// <summary>A customer of the demo.</summary>
/// <param name="Id">The customer's id.</param>
/// <param name="Name">The name.</param>
/// <param name="Plan">The plan.</param>
/// <param name="Story">What happens to it, in a few words.</param>
/// <param name="Kind">What its traffic is made of.</param>
/// <param name="Weight">Its share of the day's events.</param>
/// <param name="PeakHour">The hour of the day, in UTC, at which it is busiest.</param>
/// <param name="Credits">Credits granted at the start; null for none.</param>
/// <param name="Models">Models it calls, by weight.</param>
/// <param name="InputMedian">Half of its calls have fewer input tokens.</param>
internal sealed record DemoCustomer(
    string Id, string Name, string Plan, string Story, DemoTrafficKind Kind, int Weight, int PeakHour, string? Credits,
    (DemoModel Item, int Weight)[] Models, int InputMedian)
{
    private static readonly DemoModel turbo = new("OPENAI", "gpt-4-turbo");
    private static readonly DemoModel mini = new("OPENAI", "gpt-4o-mini");
    private static readonly DemoModel omni = new("OPENAI", "gpt-4o");
    private static readonly DemoModel sonnet = new("ANTHROPIC", "claude-3-5-sonnet");
    private static readonly DemoModel haiku = new("ANTHROPIC", "claude-3-haiku");
    private static readonly DemoModel flash = new("GOOGLE", "gemini-2.0-flash");
    private static readonly DemoModel large = new("MISTRAL", "mistral-large");

    /// <summary>The customer that joins when the day has been sent: it being there says that the day is in.</summary>
    public static DemoCustomer Newcomer { get; } =
        new("late-arrival", "Late Arrival GmbH", "llm-prepaid", "joined at the end of the day", DemoTrafficKind.None, 0, 0, "1000", [], 0);

    /// <summary>Streams with holds: no traffic of its own besides.</summary>
    public static DemoCustomer Streamer { get; } =
        new("nova-voice", "Nova Voice", "llm-prepaid", "streams: hold, raise, capture", DemoTrafficKind.None, 0, 0, "2000", [(omni, 1)],
            400);

    /// <summary>Tops its wallet up by itself.</summary>
    public static DemoCustomer SelfFilling { get; } =
        new("orchard-apps", "Orchard Apps", "llm-prepaid", "auto top-up", DemoTrafficKind.Models, 12, 21, "6000",
            [(mini, 3), (omni, 4), (turbo, 1)], 700);

    /// <summary>Whose invoice is shown at the end: what its wallet could not pay is on it.</summary>
    public static DemoCustomer Invoiced => All.First(customer => customer.Plan == "llm-overage");

    /// <summary>Everyone, without the newcomer.</summary>
    public static IReadOnlyList<DemoCustomer> All { get; } =
    [
        new("acme-support", "Acme Support Desk", "llm-prepaid", "a large wallet", DemoTrafficKind.Models, 30, 15, "1000000",
            [(turbo, 4), (omni, 3), (haiku, 2), (flash, 1)], 900),
        new("lumen-legal", "Lumen Legal", "llm-overage", "burns into overage", DemoTrafficKind.Models, 8, 10, "50000",
            [(sonnet, 5), (turbo, 3), (large, 2)], 3_500),
        new("tiny-startup", "Tiny Startup", "llm-prepaid", "runs out of credits", DemoTrafficKind.Models, 4, 19, "2500",
            [(turbo, 1), (mini, 3)], 500),
        SelfFilling,
        new("harbor-maps", "Harbor Maps", "api-pro", "an API, soft limit", DemoTrafficKind.Calls, 38, 13, null, [], 0),
        new("weekend-project", "Weekend Project", "api-free", "passes a hard limit", DemoTrafficKind.Calls, 3, 22, null, [], 0),
        new("polar-meet", "Polar Meet", "media-free", "meetings on a free plan", DemoTrafficKind.Meetings, 1, 9, null, [], 0),
        Streamer,
    ];
}

/// <summary>A model and who provides it.</summary>
internal sealed record DemoModel(string Provider, string Name);
