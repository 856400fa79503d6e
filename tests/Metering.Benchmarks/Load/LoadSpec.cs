namespace Metering.Benchmarks.Load;

/// <summary>What the connections of a load generator do.</summary>
internal enum LoadKind
{
    /// <summary>Send events.</summary>
    Ingest,

    /// <summary>Put credits into one wallet after the other, once each.</summary>
    Grant,

    /// <summary>Read one wallet after the other, once each, and write down what each says.</summary>
    Balance,

    /// <summary>Ask whether an event would be allowed.</summary>
    Check,

    /// <summary>Nine checks to one event.</summary>
    Mixed,

    /// <summary>Send an event and read its wallet as soon as it is acknowledged.</summary>
    Freshness,
}

/// <summary>How events are spread over the customers.</summary>
internal enum Skew
{
    /// <summary>Evenly.</summary>
    Spread,

    /// <summary>The customer of rank r gets a share of 1/r.</summary>
    Zipf,

    /// <summary>All for the first one.</summary>
    Hot,

    /// <summary>One after the other.</summary>
    InTurn,
}

/// <summary>One job of a load generator.</summary>
internal sealed record LoadSpec
{
    /// <summary>The port of the server on 127.0.0.1.</summary>
    public required int Port { get; init; }

    /// <summary>The operator's key.</summary>
    public required string Key { get; init; }

    public LoadKind Kind { get; init; }

    /// <summary>How many requests are open at once.</summary>
    public int Connections { get; init; } = 64;

    public int EventsARequest { get; init; } = 1;

    /// <summary>Seconds before the measured time. What is sent in them is logged, not measured.</summary>
    public double WarmupSeconds { get; init; }

    /// <summary>The measured time; jobs that end by themselves ignore it.</summary>
    public double Seconds { get; init; } = 3;

    /// <summary>Requests a second at fixed times (open loop); 0 sends the next one when the last is answered (closed loop).</summary>
    public int Rate { get; init; }

    /// <summary>Stops after this many requests; 0 for no bound.</summary>
    public long RequestsMax { get; init; }

    /// <summary>The number of the first customer.</summary>
    public int FirstCustomer { get; init; }

    public int Customers { get; init; } = 100_000;

    public Skew Skew { get; init; }

    /// <summary>How many of a hundred events are sent a second time.</summary>
    public int DuplicatesPercent { get; init; }

    /// <summary>Input tokens of every event; 0 draws them.</summary>
    public int FixedTokens { get; init; }

    /// <summary>The number of the first event: jobs of one run must not share any.</summary>
    public long FirstEvent { get; init; }

    /// <summary>When the events of the run began, in Unix milliseconds. Times and ids follow from it and the event's number.</summary>
    public long EpochMilliseconds { get; init; }

    /// <summary>Whole credits of each grant.</summary>
    public long GrantCredits { get; init; }

    /// <summary>The file that takes what was acknowledged (or, for balances, what was read): two 64-bit numbers a customer.</summary>
    public string? LogFile { get; init; }

    /// <summary>The catalogue with the prices.</summary>
    public required string Catalogue { get; init; }
}

/// <summary>What a load generator saw.</summary>
internal sealed record LoadResult
{
    /// <summary>Length of the measured time.</summary>
    public double Seconds { get; init; }

    /// <summary>Requests answered in the measured time.</summary>
    public long Requests { get; init; }

    /// <summary>Events acknowledged in the measured time, those sent again included.</summary>
    public long Events { get; init; }

    /// <summary>Events of the whole job that were acknowledged, each counted once.</summary>
    public long EventsLogged { get; init; }

    /// <summary>Answers by status, of the whole job.</summary>
    public Dictionary<int, long> Statuses { get; init; } = [];

    /// <summary>Requests sent again because the server was busy or away.</summary>
    public long Retries { get; init; }

    /// <summary>Reads that did not yet show what was acknowledged before them.</summary>
    public long Stale { get; init; }

    /// <summary>One after the last event number used.</summary>
    public long NextEvent { get; init; }

    /// <summary>Requests whose fixed time had come and that had no connection at the end.</summary>
    public long Backlog { get; init; }

    /// <summary>Latencies of events (and of jobs of one kind).</summary>
    public LatencyFigures Latency { get; init; } = new();

    /// <summary>Latencies of reads in jobs of two kinds.</summary>
    public LatencyFigures? ReadLatency { get; init; }

    /// <summary>Processor seconds of the load generator in the measured time.</summary>
    public double ProcessorSeconds { get; init; }
}

/// <summary>A distribution, in milliseconds.</summary>
internal sealed record LatencyFigures
{
    public double P50 { get; init; }

    public double P95 { get; init; }

    public double P99 { get; init; }

    public double P999 { get; init; }

    public double Max { get; init; }

    /// <summary>All of it: <c>upper bound in microseconds:count</c>, a pair a bucket that is not empty, in their order.</summary>
    public string Histogram { get; init; } = "";
}
