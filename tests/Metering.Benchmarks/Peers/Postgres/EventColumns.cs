using Npgsql;
using NpgsqlTypes;

namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>Events as arrays, a column each: the parameters of a statement with <c>unnest</c>, used again for every write.</summary>
internal sealed class EventColumns
{
    private readonly List<Guid> _ids = [];
    private readonly List<int> _accounts = [];
    private readonly List<short> _models = [];
    private readonly List<int> _inputs = [];
    private readonly List<int> _outputs = [];
    private readonly List<long> _amounts = [];
    private readonly List<long> _times = [];

    /// <summary>Adds the seven parameters, in the order of <c>events</c> in the SQL.</summary>
    public void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.Add(Column(_ids, NpgsqlDbType.Uuid));
        parameters.Add(Column(_accounts, NpgsqlDbType.Integer));
        parameters.Add(Column(_models, NpgsqlDbType.Smallint));
        parameters.Add(Column(_inputs, NpgsqlDbType.Integer));
        parameters.Add(Column(_outputs, NpgsqlDbType.Integer));
        parameters.Add(Column(_amounts, NpgsqlDbType.Bigint));
        parameters.Add(Column(_times, NpgsqlDbType.Bigint));
    }

    public static NpgsqlParameter Column<T>(List<T> values, NpgsqlDbType type) =>
        new NpgsqlParameter<List<T>> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };

    public void Clear()
    {
        _ids.Clear();
        _accounts.Clear();
        _models.Clear();
        _inputs.Clear();
        _outputs.Clear();
        _amounts.Clear();
        _times.Clear();
    }

    public void Add(in PeerEvent item)
    {
        _ids.Add(item.Key);
        _accounts.Add(item.Customer);
        _models.Add(item.Model);
        _inputs.Add(item.InputTokens);
        _outputs.Add(item.OutputTokens);
        _amounts.Add(item.AmountNano);
        _times.Add(item.AtMicros);
    }
}
