using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Wallets;
using Metering.Grid.Ingest;

namespace Metering.Grid.Journal;

/// <content>How the events of a group are to be read.</content>
public sealed partial class GroupReader
{
    private void ReadShape(ref ByteReader reader, int start)
    {
        string type = Text(ReadText(ref reader, start));
        var properties = new string[reader.CountOf(1)];
        for (int i = 0; i < properties.Length; i++)
            properties[i] = Text(ReadText(ref reader, start));
        var meters = new CountingMeter[reader.Count(64)];
        for (int i = 0; i < meters.Length; i++)
        {
            string meter = string.Intern(Text(ReadText(ref reader, start)));
            var aggregation = (Aggregation)reader.Byte(1, 6);
            int value = reader.Count(properties.Length) - 1;
            if (value < 0 && aggregation != Aggregation.Count)
                throw new CorruptDataException($"Meter {meter} reads no property.");
            var dimensions = new int[reader.CountOf(1)];
            for (int d = 0; d < dimensions.Length; d++)
            {
                dimensions[d] = reader.Count();
                if (dimensions[d] >= properties.Length)
                    throw new CorruptDataException($"Meter {meter} has a dimension that the events do not carry.");
            }

            string[] names = Array.ConvertAll(dimensions, index => string.Intern(properties[index]));
            meters[i] = new CountingMeter(meter, aggregation, names, value, dimensions);
        }

        shapes.Add(new JournalShape(type, properties, meters));
    }

    private void ReadWallet(ref ByteReader reader)
    {
        if (ReadsBurnsAsFigures && WalletEventFormat.TryReadBurn(ref reader, out BurnFigures burn))
        {
            (Wallet, Burn) = (null, burn);
            Stamp = ReadStamp(ref reader, burn.BalanceChange);
            return;
        }

        Wallet = WalletEventFormat.Read(ref reader);
        Stamp = ReadStamp(ref reader, Wallet.BalanceChange);
    }
}
