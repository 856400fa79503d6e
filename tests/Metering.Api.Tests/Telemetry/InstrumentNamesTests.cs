using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Metering.Api.Tests.Support;
using Metering.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace Metering.Api.Tests.Telemetry;

/// <summary>Metrics are part of the public surface: dashboards and alarms name them. A change here is a change for users.</summary>
public sealed class InstrumentNamesTests
{
    private static string Approved => Path.Combine(Repository.Root, "tests", "Metering.Api.Tests", "Telemetry", "instruments.txt");

    [Fact]
    public async Task Names_units_kinds_and_tags_are_the_approved_ones()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        var factory = grid.Host.Services.GetRequiredService<IMeterFactory>();
        var found = new SortedDictionary<string, (Instrument Instrument, SortedSet<string> Tags)>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, target) =>
        {
            if (!instrument.Meter.Name.StartsWith("Metering.", StringComparison.Ordinal)
                || !ReferenceEquals(instrument.Meter.Scope, factory))
                return;
            found[instrument.Name] = (instrument, []);
            target.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Note(instrument, tags));
        listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Note(instrument, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Note(instrument, tags));
        listener.Start();

        await grid.AddCustomerAsync("c1", "api-free");
        await grid.Operator.PostJsonAsync("/api/v1/usage/events", """{"organization_id":"c1","metric_name":"storage","quantity":1}""");
        await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", """{"amount":"1","kind":"paid"}""");
        listener.RecordObservableInstruments();

        string[] lines = [.. found.Select(pair => Line(pair.Value.Instrument, pair.Value.Tags))];
        Assert.Equal(await File.ReadAllLinesAsync(Approved), lines);

        void Note(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (found)
            {
                foreach (KeyValuePair<string, object?> tag in tags)
                    found[instrument.Name].Tags.Add(tag.Key);
            }
        }
    }

    private static string Line(Instrument instrument, SortedSet<string> tags) =>
        $"{instrument.Meter.Name} {instrument.Name} {Regex.Replace(instrument.GetType().Name, "`.*", "")} "
            + $"{instrument.Unit ?? "-"} [{string.Join(' ', tags)}]";
}
