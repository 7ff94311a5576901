namespace ForkFollow.Results.Formats;

/// <summary>
/// Values and tables of somebody else's collectors and observers, in the report's data, in the order of the processes. What is
/// a number or a text has a place in two columns: null in that of numbers, or -1 in that of texts. Nothing of it if no process
/// has any.
/// </summary>
internal static class ReportValues
{
    /// <summary>Rows of a table; the page tells how many there are besides.</summary>
    private const int MostRows = 500;

    internal static void Write(ReportColumns columns, IReadOnlyList<RecordedProcess> processes)
    {
        if (processes.Any(p => p.Values is { Count: > 0 }))
            WriteValues(columns, processes);
        if (processes.Any(p => p.Tables is { Count: > 0 }))
            WriteTables(columns, processes);
    }

    private static void WriteValues(ReportColumns columns, IReadOnlyList<RecordedProcess> processes)
    {
        columns.Json.WriteStartObject("values");
        columns.Write("rows", processes.Select(p => (long)(p.Values?.Count ?? 0)));
        IEnumerable<ResultValue> values = processes.SelectMany(p => p.Values ?? []);
        columns.WriteTexts("name", values, value => value.Name);
        columns.WriteTexts("unit", values, value => value.Unit);
        WriteCells(columns, values.Select(value => value.Value));
        columns.Json.WriteEndObject();
    }

    private static void WriteTables(ReportColumns columns, IReadOnlyList<RecordedProcess> processes)
    {
        columns.Json.WriteStartObject("tables");
        columns.Write("rows", processes.Select(p => (long)(p.Tables?.Count ?? 0)));
        IEnumerable<ResultTable> tables = processes.SelectMany(p => p.Tables ?? []);
        columns.WriteTexts("name", tables, table => table.Name);
        columns.Write("tableRows", tables.Select(table => (long)Math.Min(table.Rows.Count, MostRows)));
        columns.Write("rowsLeftOut", tables.Select(table => (long)Math.Max(table.Rows.Count - MostRows, 0)));
        columns.Write("columns", tables.Select(table => (long)table.Columns.Count));
        IEnumerable<ResultColumn> ofTables = tables.SelectMany(table => table.Columns);
        columns.WriteTexts("column", ofTables, column => column.Name);
        columns.WriteTexts("unit", ofTables, column => column.Unit);
        WriteCells(columns, tables.SelectMany(table => table.Rows.Take(MostRows)).SelectMany(row => row));
        columns.Json.WriteEndObject();
    }

    private static void WriteCells(ReportColumns columns, IEnumerable<ResultCell> cells)
    {
        columns.WriteNumbers("number", cells.Select(cell => cell.Number));
        columns.WriteTexts("text", cells, cell => cell.Number is null ? cell.Text : null);
    }
}
