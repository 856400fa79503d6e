namespace Metering.Core.Catalog;

/// <summary>Gathers what is wrong while a document is read, under the code of what is being read.</summary>
internal sealed class FaultList(string code)
{
    private readonly List<CatalogFault> _faults = [];

    /// <summary>The code of the faults to come.</summary>
    public string Code { get; set; } = code;

    public IReadOnlyList<CatalogFault> Faults => _faults;

    public void Add(string field, string message) => _faults.Add(new CatalogFault(Code, field, message));
}
