using System.Collections.Frozen;

namespace Metering.Core.Money;

/// <summary>
/// The active currencies that money can be charged in, by decimals of their minor unit. Source: ISO 4217 list one, kept by SIX
/// (https://www.six-group.com/en/products-services/financial-information/data-standards.html), without funds, metals, test codes and
/// others that have no minor unit.
/// </summary>
internal static class CurrencyTable
{
    private const string NoDecimals = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";

    private const string TwoDecimals =
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK " +
        "DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT " +
        "LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN " +
        "QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS " +
        "VED VES WST XCD XCG YER ZAR ZMW ZWG";

    private const string ThreeDecimals = "BHD IQD JOD KWD LYD OMR TND";

    private const string FourDecimals = "CLF UYW";

    public static readonly FrozenDictionary<string, Currency> ByCode =
        Read(NoDecimals, 0).Concat(Read(TwoDecimals, 2)).Concat(Read(ThreeDecimals, 3)).Concat(Read(FourDecimals, 4))
            .ToFrozenDictionary(currency => currency.Code, StringComparer.Ordinal);

    private static IEnumerable<Currency> Read(string codes, int minorUnits) =>
        codes.Split(' ').Select(code => new Currency(code, minorUnits));
}
