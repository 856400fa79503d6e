using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.Journal;
using Metering.Grid.Storage;
using Metering.Simulation.Load;
using Metering.Simulation.Storing;

namespace Metering.Simulation.Judging;

/// <summary>
/// Looks at a simulation that has ended: what the clients were told, against what the journal says, by a model of its own. Reports
/// everything that is wrong.
/// </summary>
internal sealed class Judge(Cluster cluster, Workload workload, List<string> faults)
{
    private const int FaultsMax = 20;
    private const int TraceLines = 25;
    private const int LineLength = 400;

    private readonly Dictionary<string, CustomerModel> customers = new(StringComparer.Ordinal);
    private InvoiceModel invoices = new(static _ => { });

    /// <summary>How many invoices the journals have.</summary>
    public int Invoices => invoices.Count;

    public void Look()
    {
        try
        {
            invoices = new InvoiceModel(Report);
            foreach (CustomerEntry entry in cluster.Directory.Customers)
                customers.Add(entry.Id, new CustomerModel(entry.Id, Report));
            var sent = new Dictionary<((string, string, string), ulong), SentEvent>();
            foreach (SentEvent each in workload.Attempts.SelectMany(attempt => attempt.Events))
                sent[(each.Identity, each.Digest)] = each;
            for (int partition = 0; partition < SimDirectory.Partitions; partition++)
                ReadJournal(partition, sent);
            invoices.Judge(workload.Attempts);
            new Timeline(cluster, workload, customers, Report).Walk();
            new ReplayCheck(cluster, workload, Report).Look();
        }
        catch (Exception exception) when (faults.Count > 0)
        {
            faults.Add($"The judge gave up after that: {exception.Message}");
        }
    }

    private void ReadJournal(int partition, Dictionary<((string, string, string), ulong), SentEvent> sent)
    {
        SimShard shard = cluster.ShardOf(partition);
        var reader = new GroupReader();
        long expected = 0;
        long epoch = 0;
        Instant clock = Instant.UnixEpoch;
        foreach (JournalRow row in shard.Data.Journal(partition))
        {
            if (row.Sequence != ++expected)
                Report($"partition {partition}: group {row.Sequence} follows {expected - 1}");
            if (row.Epoch < epoch)
                Report($"partition {partition}: group {row.Sequence} of epoch {row.Epoch} follows epoch {epoch}");
            epoch = row.Epoch;
            long committed = shard.CommittedAt(partition, row.Sequence);
            reader.Open(row.Sequence, row.Body);
            var touched = new HashSet<CustomerModel>();
            while (reader.Read())
            {
                if (reader.At < clock)
                    Report($"partition {partition}: time goes back from {clock} to {reader.At} in group {row.Sequence}");
                clock = reader.At;
                CustomerModel customer = customers[reader.CustomerId];
                touched.Add(customer);
                invoices.Apply(partition, reader, committed);
                customer.Apply(reader, committed, sent, cluster.Rules.DedupHorizon);
            }

            foreach (CustomerModel customer in touched)
                customer.EndGroup();
        }
    }

    /// <summary>Keeps a fault; the first ones with the last steps of the customer concerned.</summary>
    private void Report(string message)
    {
        if (faults.Count >= FaultsMax)
            return;
        string id = message.Split(':', ' ')[0];
        if (faults.Count < 2 && customers.TryGetValue(id, out CustomerModel? customer))
        {
            IEnumerable<string> attempts = workload.Attempts.Where(attempt => attempt.Customers.Contains(id))
                .Select(attempt => attempt.ToString());
            message += List("journal", customer.Trace.TakeLast(TraceLines)) + List("requests", attempts.TakeLast(TraceLines))
                + List("servers", cluster.Started.SelectMany(server => server.Notices).TakeLast(10));
        }

        faults.Add(message);
    }

    private static string List(string title, IEnumerable<string> lines) =>
        $"\n  {title}:" + string.Concat(lines.Select(line => "\n    " + (line.Length > LineLength ? line[..LineLength] : line)));
}
