using Metering.Core.Catalog;
using Metering.Grid.Directory;

namespace Metering.Grid.Tests.Partitions;

/// <summary>Small meters and plans that bring out one rule each.</summary>
internal static class TestPlans
{
    private const string Json = """
        {"meters": [
          {"id": "t_units", "event_type": "test.units", "aggregation": "sum", "value": "quantity", "dimensions": ["region"]},
          {"id": "t_seats", "event_type": "test.seats", "aggregation": "unique", "value": "user"},
          {"id": "t_level", "event_type": "test.level", "aggregation": "latest", "value": "quantity"},
          {"id": "t_region", "event_type": "test.region", "aggregation": "sum", "value": "quantity", "dimensions": ["region"]}
        ], "plans": [
          {"id": "t-limits", "name": "Limits", "currency": "USD", "interval": "month", "wallet_mode": "postpaid", "limits": [
            {"meter": "t_units", "max": "10", "period": "hour", "hard": true},
            {"meter": "t_units", "max": "15", "period": "day", "hard": true},
            {"meter": "t_units", "max": "20", "period": "month", "hard": true},
            {"meter": "t_level", "max": "100", "period": "billing", "hard": false},
            {"meter": "t_seats", "max": "3", "period": "month", "hard": true}], "charges": []},
          {"id": "t-prepaid", "name": "Prepaid", "currency": "USD", "interval": "month", "wallet_mode": "prepaid", "credit_value": "0.01",
            "limits": [{"meter": "t_units", "max": "1000", "period": "day", "hard": true}],
            "charges": [{"meter": "t_units", "in": "credits", "model": "per_unit", "unit_price": "1"}]},
          {"id": "t-overage", "name": "Overage", "currency": "USD", "interval": "month", "wallet_mode": "prepaid_overage",
            "credit_value": "0.01",
            "charges": [{"meter": "t_units", "in": "credits", "model": "per_unit", "unit_price": "1"}]},
          {"id": "t-postpaid", "name": "Postpaid", "currency": "USD", "interval": "month", "wallet_mode": "postpaid",
            "credit_value": "0.01",
            "charges": [{"meter": "t_units", "in": "credits", "model": "per_unit", "unit_price": "1"}]},
          {"id": "t-graded", "name": "Graded", "currency": "USD", "interval": "month", "wallet_mode": "prepaid", "credit_value": "0.01",
            "charges": [{"meter": "t_units", "in": "credits", "model": "graduated",
              "tiers": [{"up_to": "10", "unit_price": "0"}, {"up_to": null, "unit_price": "2"}]}]},
          {"id": "t-thirds", "name": "Thirds", "currency": "USD", "interval": "month", "wallet_mode": "prepaid", "credit_value": "0.01",
            "charges": [{"meter": "t_units", "in": "credits", "model": "per_unit", "unit_price": "1", "per": "3"}]},
          {"id": "t-money", "name": "Money", "currency": "USD", "interval": "month", "wallet_mode": "postpaid",
            "charges": [{"meter": "t_region", "in": "money", "model": "matrix", "dimensions": ["region"],
              "cells": [{"match": {"region": "eu"}, "unit_price": "0.1"}], "otherwise": null}]},
          {"id": "t-otherwise", "name": "Otherwise", "currency": "USD", "interval": "month", "wallet_mode": "postpaid",
            "charges": [{"meter": "t_region", "in": "money", "model": "matrix", "dimensions": ["region"],
              "cells": [{"match": {"region": "eu"}, "unit_price": "0.1"}, {"match": {"region": "cn"}, "unit_price": "0.2"}],
              "otherwise": "0.3"}]},
          {"id": "t-twice", "name": "Soft and hard", "currency": "USD", "interval": "month", "wallet_mode": "postpaid",
            "alert_thresholds": [80],
            "limits": [{"meter": "t_units", "max": "50", "period": "month", "hard": false},
              {"meter": "t_units", "max": "100", "period": "month", "hard": true}], "charges": []}
        ]}
        """;

    /// <summary>The shipped catalogues, these plans, and a second version of the prepaid one at twice the price.</summary>
    public static CatalogSnapshot Catalog { get; } = WithSecondVersion();

    public static Ev Units(string subject, string id, decimal quantity, string? region = null) => new("test.units", subject, id)
    {
        Data = region is null
            ? new Dictionary<string, object> { ["quantity"] = quantity }
            : new Dictionary<string, object> { ["quantity"] = quantity, ["region"] = region },
    };

    public static Ev Seat(string subject, string id, string user) => new("test.seats", subject, id)
    {
        Data = new Dictionary<string, object> { ["user"] = user },
    };

    private static CatalogSnapshot WithSecondVersion()
    {
        CatalogSnapshot first = ShippedCatalog.With(Json);
        Plan plan = first.Plans["t-prepaid"];
        Plan dearer = plan with
        {
            Version = 2,
            Charges = [plan.Charges[0] with { UnitPrice = Core.Money.Amount.FromWhole(2) }],
        };
        return ShippedCatalog.With(Json, dearer);
    }
}
