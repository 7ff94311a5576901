using System.Text.Json;

namespace ForkFollow.Results.Tests;

/// <summary>
/// The rules of the Firefox Profiler's processed profile format, version 60, as its documentation and types state them: which
/// tables and columns there are, that those of a table have its length, and that each index is one of the table it points to.
/// </summary>
internal static class FirefoxStructure
{
    private static readonly string[] _shared =
    [
        "stackTable: frame prefix", "frameTable: address inlineDepth category subcategory func nativeSymbol innerWindowID line column",
        "funcTable: name isJS relevantForJS resource source lineNumber columnNumber", "resourceTable: lib name host type",
        "nativeSymbols: libIndex address name functionSize", "sources: uuid filename",
    ];

    internal static void Check(JsonElement profile)
    {
        JsonElement shared = profile.GetProperty("shared");
        foreach (string table in _shared)
            CheckColumns(shared, table);
        int strings = shared.GetProperty("stringArray").GetArrayLength();
        int libs = profile.GetProperty("libs").GetArrayLength();
        int Length(string table) => shared.GetProperty(table).GetProperty("length").GetInt32();
        JsonElement Column(string table, string column) => shared.GetProperty(table).GetProperty(column);

        CheckIndexes(Column("stackTable", "frame"), Length("frameTable"));
        CheckIndexes(Column("frameTable", "func"), Length("funcTable"));
        CheckIndexes(Column("frameTable", "category"), profile.GetProperty("meta").GetProperty("categories").GetArrayLength());
        CheckIndexes(Column("funcTable", "name"), strings);
        CheckIndexes(Column("funcTable", "resource"), Length("resourceTable"));
        CheckIndexes(Column("resourceTable", "lib"), libs);
        CheckIndexes(Column("resourceTable", "name"), strings);
        int row = 0;
        foreach (JsonElement prefix in Column("stackTable", "prefix").EnumerateArray())
        {
            // A parent comes before its children.
            Assert.True(prefix.ValueKind == JsonValueKind.Null || (prefix.GetInt32() >= 0 && prefix.GetInt32() < row));
            row++;
        }

        foreach (JsonElement thread in profile.GetProperty("threads").EnumerateArray())
            CheckThread(thread, Length("stackTable"), strings);
        CheckMeta(profile.GetProperty("meta"), profile.GetProperty("threads").GetArrayLength());
    }

    private static void CheckThread(JsonElement thread, int stacks, int strings)
    {
        CheckColumns(thread, "samples: stack time weight threadCPUDelta");
        CheckColumns(thread, "markers: name startTime endTime phase category data");
        CheckIndexes(thread.GetProperty("samples").GetProperty("stack"), stacks);
        CheckIndexes(thread.GetProperty("markers").GetProperty("name"), strings);
        Assert.Equal(JsonValueKind.String, thread.GetProperty("pid").ValueKind);
        foreach (string key in (string[])["name", "processName", "processType", "tid"])
            Assert.Equal(JsonValueKind.String, thread.GetProperty(key).ValueKind);
        double before = double.MinValue;
        foreach (double time in thread.GetProperty("samples").GetProperty("time").EnumerateArray().Select(time => time.GetDouble()))
        {
            Assert.True(time >= before);
            before = time;
        }
    }

    private static void CheckMeta(JsonElement meta, int threads)
    {
        Assert.Equal(60, meta.GetProperty("preprocessedProfileVersion").GetInt32());
        Assert.Equal("grey", meta.GetProperty("categories")[0].GetProperty("color").GetString());
        CheckIndexes(meta.GetProperty("initialVisibleThreads"), threads);
        CheckIndexes(meta.GetProperty("initialSelectedThreads"), threads);
    }

    /// <summary>Compares a table's columns and their lengths with <c>table: column column …</c>.</summary>
    private static void CheckColumns(JsonElement holder, string expected)
    {
        string[] parts = expected.Split(": ");
        JsonElement table = holder.GetProperty(parts[0]);
        int length = table.GetProperty("length").GetInt32();
        foreach (string column in parts[1].Split(' '))
            Assert.Equal(length, table.GetProperty(column).GetArrayLength());
    }

    private static void CheckIndexes(JsonElement column, int length) => Assert.All(
        column.EnumerateArray(),
        index => Assert.True(index.ValueKind == JsonValueKind.Null || (index.GetInt32() >= 0 && index.GetInt32() < length)));
}
