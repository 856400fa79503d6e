using System.Net;
using Metering.Orleans.Ownership;

namespace Metering.Orleans.Tests.Ownership;

public sealed class RendezvousTests
{
    private const int Partitions = 1024;

    [Fact]
    public void All_agree_whatever_the_order_in_which_they_know_the_silos()
    {
        SiloAddress[] silos = Silos(5);
        for (int partition = 0; partition < Partitions; partition++)
            Assert.Equal(Rendezvous.OwnerOf(partition, silos), Rendezvous.OwnerOf(partition, silos.Reverse()));
    }

    [Fact]
    public void Only_the_partitions_of_a_silo_that_is_lost_move()
    {
        SiloAddress[] silos = Silos(4);
        SiloAddress lost = silos[2];
        for (int partition = 0; partition < Partitions; partition++)
        {
            SiloAddress before = Rendezvous.OwnerOf(partition, silos)!;
            SiloAddress after = Rendezvous.OwnerOf(partition, silos.Where(silo => silo != lost))!;
            if (before.Equals(lost))
                Assert.NotEqual(lost, after);
            else
                Assert.Equal(before, after);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Partitions_are_spread_evenly(int count)
    {
        SiloAddress[] silos = Silos(count);
        var shares = Enumerable.Range(0, Partitions).GroupBy(partition => Rendezvous.OwnerOf(partition, silos)!)
            .Select(group => group.Count());
        Assert.All(shares, share => Assert.InRange(share, Partitions / count * 0.75, Partitions / count * 1.25));
    }

    [Fact]
    public void Silo_that_starts_again_at_its_place_owns_what_it_owned_and_holds_it_under_another_name()
    {
        SiloAddress[] before = Silos(3);
        SiloAddress[] after = [before[0], before[1], SiloAddress.New(before[2].Endpoint, before[2].Generation + 1)];
        for (int partition = 0; partition < Partitions; partition++)
        {
            Assert.Equal(
                Rendezvous.OwnerOf(partition, before)!.Endpoint, Rendezvous.OwnerOf(partition, after)!.Endpoint);
        }

        Assert.NotEqual(Rendezvous.OwnerName(before[2]), Rendezvous.OwnerName(after[2]));
        Assert.Equal(Rendezvous.OwnerName(before[1]), Rendezvous.OwnerName(after[1]));
    }

    [Fact]
    public void Nobody_owns_anything_where_there_are_no_silos() => Assert.Null(Rendezvous.OwnerOf(1, []));

    private static SiloAddress[] Silos(int count) => [.. Enumerable.Range(0, count).Select(
        number => SiloAddress.New(new IPEndPoint(IPAddress.Parse("10.0.0.7"), 11111 + number), 1))];
}
