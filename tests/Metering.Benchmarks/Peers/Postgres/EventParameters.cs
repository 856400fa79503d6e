using Npgsql;
using NpgsqlTypes;

namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>One event as typed parameters, so that nothing is boxed: used again for every write.</summary>
internal sealed class EventParameters
{
    private readonly NpgsqlParameter<Guid> _id = new() { NpgsqlDbType = NpgsqlDbType.Uuid };
    private readonly NpgsqlParameter<int> _account = new() { NpgsqlDbType = NpgsqlDbType.Integer };
    private readonly NpgsqlParameter<short> _model = new() { NpgsqlDbType = NpgsqlDbType.Smallint };
    private readonly NpgsqlParameter<int> _input = new() { NpgsqlDbType = NpgsqlDbType.Integer };
    private readonly NpgsqlParameter<int> _output = new() { NpgsqlDbType = NpgsqlDbType.Integer };
    private readonly NpgsqlParameter<long> _amount = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<long> _time = new() { NpgsqlDbType = NpgsqlDbType.Bigint };

    public EventParameters(NpgsqlParameterCollection parameters)
    {
        foreach (NpgsqlParameter parameter in new NpgsqlParameter[] { _id, _account, _model, _input, _output, _amount, _time })
            parameters.Add(parameter);
    }

    public void Set(in PeerEvent item)
    {
        _id.TypedValue = item.Key;
        _account.TypedValue = item.Customer;
        _model.TypedValue = item.Model;
        _input.TypedValue = item.InputTokens;
        _output.TypedValue = item.OutputTokens;
        _amount.TypedValue = item.AmountNano;
        _time.TypedValue = item.AtMicros;
    }
}
