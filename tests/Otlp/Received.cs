using System.Globalization;
using System.Text.Json;

namespace ForkFollow.Tests.Otlp;

/// <summary>A span as it was received. Times in nanoseconds since 1970.</summary>
internal sealed record ReceivedSpan(JsonElement Data, JsonElement Resource, JsonElement Scope)
{
    internal string Id => Text("spanId");

    internal string Trace => Text("traceId");

    internal string Parent => Text("parentSpanId");

    internal string Name => Text("name");

    internal long Start => Number("startTimeUnixNano");

    internal long End => Number("endTimeUnixNano");

    /// <summary>As the wire has it, UNSET if there is none.</summary>
    internal string Status => Data.TryGetProperty("status", out JsonElement status) && status.TryGetProperty("code", out JsonElement code)
        ? code.GetString()!.Replace("STATUS_CODE_", "", StringComparison.Ordinal)
        : "UNSET";

    internal string StatusText => Data.GetProperty("status").GetProperty("message").GetString()!;

    internal int ProcessId => int.Parse(this["forkfollow.process.id"]!, CultureInfo.InvariantCulture);

    internal IReadOnlyList<JsonElement> Events => Data.TryGetProperty("events", out JsonElement events) ? [.. events.EnumerateArray()] : [];

    internal IReadOnlyList<JsonElement> Links => Data.TryGetProperty("links", out JsonElement links) ? [.. links.EnumerateArray()] : [];

    /// <summary>An attribute as text; null if it has none of that name.</summary>
    internal string? this[string attribute] => Received.Attribute(Data, attribute);

    private string Text(string key) => Data.TryGetProperty(key, out JsonElement value) ? value.GetString()! : "";

    private long Number(string key) => long.Parse(Data.GetProperty(key).GetString()!, CultureInfo.InvariantCulture);
}

/// <summary>A point of a metric.</summary>
internal sealed record ReceivedPoint(string Metric, string Unit, string Temporality, JsonElement Data)
{
    internal double Value => Data.TryGetProperty("asInt", out JsonElement number)
        ? double.Parse(number.GetString()!, CultureInfo.InvariantCulture)
        : Data.TryGetProperty("asDouble", out number) ? number.GetDouble() : double.Parse(Data.GetProperty("count").GetString()!, CultureInfo.InvariantCulture);

    internal string? this[string attribute] => Received.Attribute(Data, attribute);
}

/// <summary>All that a receiver got.</summary>
internal sealed class Received(IReadOnlyList<JsonElement> requests)
{
    internal IReadOnlyList<JsonElement> Requests => requests;

    /// <summary>In the order of arrival.</summary>
    internal IReadOnlyList<ReceivedSpan> Spans { get; } =
    [
        .. from request in requests
           where request.GetProperty("signal").GetString() == "traces"
           from resource in request.GetProperty("data").GetProperty("resourceSpans").EnumerateArray()
           from scope in resource.GetProperty("scopeSpans").EnumerateArray()
           from span in scope.GetProperty("spans").EnumerateArray()
           select new ReceivedSpan(span, resource.GetProperty("resource"), scope.GetProperty("scope")),
    ];

    /// <summary>Each request with metrics, in the order of arrival.</summary>
    internal IReadOnlyList<IReadOnlyList<ReceivedPoint>> Metrics { get; } =
    [
        .. from request in requests
           where request.GetProperty("signal").GetString() == "metrics"
           select (IReadOnlyList<ReceivedPoint>)[.. PointsOf(request)],
    ];

    internal IReadOnlyList<JsonElement> Logs { get; } =
    [
        .. from request in requests
           where request.GetProperty("signal").GetString() == "logs"
           from resource in request.GetProperty("data").GetProperty("resourceLogs").EnumerateArray()
           from scope in resource.GetProperty("scopeLogs").EnumerateArray()
           from record in scope.GetProperty("logRecords").EnumerateArray()
           select record,
    ];

    /// <summary>The last word on a metric: the points of its last request.</summary>
    internal IEnumerable<ReceivedPoint> Last(string metric) => Metrics[^1].Where(point => point.Metric == metric);

    internal double Sum(string metric, string? attribute = null, string? value = null) =>
        Last(metric).Where(point => attribute is null || point[attribute] == value).Sum(point => point.Value);

    internal static string? Attribute(JsonElement owner, string name)
    {
        if (!owner.TryGetProperty("attributes", out JsonElement attributes))
            return null;
        foreach (JsonElement one in attributes.EnumerateArray())
        {
            if (one.GetProperty("key").GetString() == name)
                return one.GetProperty("value").EnumerateObject().First().Value.ToString();
        }

        return null;
    }

    private static IEnumerable<ReceivedPoint> PointsOf(JsonElement request) =>
        from resource in request.GetProperty("data").GetProperty("resourceMetrics").EnumerateArray()
        from scope in resource.GetProperty("scopeMetrics").EnumerateArray()
        where scope.GetProperty("scope").GetProperty("name").GetString() == "ForkFollow"
        from metric in scope.GetProperty("metrics").EnumerateArray()
        let data = metric.TryGetProperty("sum", out JsonElement sum) ? sum : metric.GetProperty("histogram")
        from point in data.GetProperty("dataPoints").EnumerateArray()
        select new ReceivedPoint(
            metric.GetProperty("name").GetString()!, metric.GetProperty("unit").GetString()!,
            data.GetProperty("aggregationTemporality").GetString()!, point);
}
