using Metering.Core.Usage;

namespace Metering.Storage.Postgres.Projections;

internal sealed partial class ProjectionBatch
{
    private void AddAlert(int partition, int entry)
    {
        var percentage = AlertText.Percentage(reader.Used, reader.Max);
        Alerts.Row(15);
        Alerts.Int(partition);
        Alerts.Long(reader.Sequence);
        Alerts.Int(entry);
        Alerts.Text(reader.ProjectId);
        Alerts.Text(reader.CustomerIdUtf8);
        Alerts.Text(reader.Meter);
        Alerts.Text(reader.PeriodKind.ToString().ToLowerInvariant());
        Alerts.Time(reader.Period.Start);
        Alerts.Int(reader.Threshold);
        Alerts.Text(AlertText.Severity(reader.Threshold));
        Alerts.Numeric(reader.Used);
        Alerts.Numeric(reader.Max);
        Alerts.Numeric((Int128)(percentage * 10) * 100_000_000);
        Alerts.Text(AlertText.Message(reader.Meter, reader.Used, reader.Max));
        Alerts.Time(reader.At);
    }
}
