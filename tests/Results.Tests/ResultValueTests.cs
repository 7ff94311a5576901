using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ForkFollow.Results.Tests;

/// <summary>Values and tables that collectors and observers of somebody else's set, in memory and in tree.json.</summary>
public sealed class ResultValueTests
{
    [Fact]
    public void They_read_back_as_they_were_set()
    {
        var run = new MadeRun();
        MadeProcess process = run.Begin();
        process.SetValue("shop.sales", 12.5, "{sale}");
        process.SetValue("shop.exact", 9_007_199_254_740_992, "By");
        process.SetValue("shop.name", "höhe </script>\n\u001b[31m", "");
        process.SetValue("shop.empty", "");
        process.SetTable(new("shop.tills", [new("till"), new("time", "s")], [["north", 0.25], ["1", -1e300], [3, "late"]]));
        process.SetTable(new("shop.nothing", [], []));
        process.SetTable(new("shop.no.rows", [new("a")], []));

        RecordedProcess read = Assert.Single(Again(run).Processes);
        Assert.Equal(
            [
                new ResultValue("shop.sales", 12.5, "{sale}"), new("shop.exact", 9_007_199_254_740_992, "By"),
                new("shop.name", "höhe </script>\n\u001b[31m"), new("shop.empty", ""),
            ],
            read.Values);
        Assert.Equal(["shop.tills", "shop.nothing", "shop.no.rows"], read.Tables!.Select(table => table.Name));
        ResultTable tills = read.Tables![0];
        Assert.Equal([new ResultColumn("till"), new("time", "s")], tills.Columns);
        Assert.Equal([["north", 0.25], ["1", -1e300], [3, "late"]], tills.Rows);
        Assert.Null(tills.Rows[1][0].Number); // the text 1 is no number
    }

    [Fact]
    public void One_of_the_same_name_is_replaced()
    {
        MadeProcess process = new MadeRun().Begin();
        process.SetValue("a", 1, "s");
        process.SetValue("b", 2);
        process.SetValue("a", "three");
        process.SetTable(new("a", [new("x")], [[1]]));
        process.SetTable(new("a", [], []));
        Assert.Equal([new ResultValue("b", 2), new("a", "three")], process.Values);
        Assert.Empty(Assert.Single(process.Tables).Columns);
    }

    [Fact]
    public void Many_threads_may_set_them()
    {
        MadeProcess process = new MadeRun().Begin();
        Parallel.For(0, 500, i =>
        {
            process.SetValue(i.ToString(CultureInfo.InvariantCulture), i);
            process.SetTable(new($"{i % 10}", [], []));
        });
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (double?)i), process.Values.Select(value => value.Value.Number).Order());
        Assert.Equal(10, process.Tables.Count);
    }

    [Fact]
    public void Without_any_tree_json_has_no_key_of_them()
    {
        var run = new MadeRun();
        run.Begin();
        string json = Write(run);
        Assert.DoesNotContain("\"values\"", json, StringComparison.Ordinal);
        Assert.DoesNotContain("\"tables\"", json, StringComparison.Ordinal);
        Assert.Null(Assert.Single(Again(run).Processes).Values);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_table_that_is_not_rectangular_is_refused(int cells)
    {
        MadeProcess process = new MadeRun().Begin();
        ResultCell[] row = [.. Enumerable.Repeat<ResultCell>("x", cells)];
        ArgumentException e = Assert.Throws<ArgumentException>(() => process.SetTable(new("shop.tills", [new("till")], [["a"], row])));
        Assert.Contains("shop.tills", e.Message, StringComparison.Ordinal);
        Assert.Empty(process.Tables);
    }

    [Fact]
    public void Numbers_that_JSON_does_not_have_null_and_no_name_are_refused()
    {
        foreach (double number in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity])
            Assert.Throws<ArgumentOutOfRangeException>(() => ResultCell.FromDouble(number));
        Assert.Throws<ArgumentNullException>(() => ResultCell.FromString(null!));
        MadeProcess process = new MadeRun().Begin();
        Assert.Throws<ArgumentNullException>(() => process.SetTable(null!));
        Assert.Throws<ArgumentException>(() => process.SetTable(new("", [], [])));
        Assert.Throws<ArgumentException>(() => process.SetValue(" ", 1));
        Assert.Equal("", default(ResultCell).Text);
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("ar-SA")]
    public void A_number_is_the_same_text_under_every_culture(string culture)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = FormatsTests.Foreign(culture);
            Assert.Equal("-1.5", ResultCell.FromDouble(-1.5).ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("""{"values":[null]}""")]
    [InlineData("""{"values":{}}""")]
    [InlineData("""{"values":[7]}""")]
    [InlineData("""{"values":[{"value":1,"unit":"s"}]}""")]
    [InlineData("""{"values":[{"name":null,"value":1,"unit":"s"}]}""")]
    [InlineData("""{"values":[{"name":"a","unit":"s"}]}""")]
    [InlineData("""{"values":[{"name":"a","value":null,"unit":"s"}]}""")]
    [InlineData("""{"values":[{"name":"a","value":true,"unit":"s"}]}""")]
    [InlineData("""{"values":[{"name":"a","value":[1],"unit":"s"}]}""")]
    [InlineData("""{"values":[{"name":"a","value":{"number":1},"unit":"s"}]}""")]
    [InlineData("""{"values":[{"name":"a","value":1e999,"unit":"s"}]}""")]
    [InlineData("""{"values":[{"name":"a","value":1,"unit":null}]}""")]
    [InlineData("""{"values":[{"name":["a"],"value":1,"unit":"s"}]}""")]
    [InlineData("""{"tables":[null]}""")]
    [InlineData("""{"tables":"a"}""")]
    [InlineData("""{"tables":[{"name":"a","rows":[]}]}""")]
    [InlineData("""{"tables":[{"name":"a","columns":[]}]}""")]
    [InlineData("""{"tables":[{"name":"a","columns":null,"rows":[]}]}""")]
    [InlineData("""{"tables":[{"name":"a","columns":[],"rows":null}]}""")]
    [InlineData("""{"tables":[{"name":null,"columns":[],"rows":[]}]}""")]
    [InlineData("""{"tables":[{"name":"a","columns":[null],"rows":[]}]}""")]
    [InlineData("""{"tables":[{"name":"a","columns":[{"name":null,"unit":""}],"rows":[]}]}""")]
    [InlineData("""{"tables":[{"name":"a","columns":[{"name":"x","unit":""}],"rows":[null]}]}""")]
    [InlineData("""{"tables":[{"name":"a","columns":[{"name":"x","unit":""}],"rows":[[]]}]}""")]
    [InlineData("""{"tables":[{"name":"a","columns":[{"name":"x","unit":""}],"rows":[[1],[1,2]]}]}""")]
    [InlineData("""{"tables":[{"name":"a","columns":[{"name":"x","unit":""}],"rows":[[null]]}]}""")]
    [InlineData("""{"tables":[{"name":"a","columns":[{"name":"x","unit":""}],"rows":[[false]]}]}""")]
    [InlineData("""{"tables":[{"name":"a","columns":[{"name":"x","unit":""}],"rows":[{"x":1}]}]}""")]
    public void What_is_hostile_is_told(string keys) => Assert.Throws<InvalidDataException>(() => Read(keys));

    [Theory]
    [InlineData("""{"values":null,"tables":null}""", 0, 0)]
    [InlineData("""{"values":[],"tables":[]}""", 0, 0)]
    [InlineData("""{"values":[{"name":"a","value":1,"unit":"s","new":1}]}""", 1, 0)]
    [InlineData("""{"tables":[{"name":"a","columns":[{"name":"x","unit":"","new":{}}],"rows":[[1],["b"]],"new":[]}]}""", 0, 1)]
    public void What_is_sound_is_read(string keys, int values, int tables)
    {
        RecordedProcess process = Assert.Single(Read(keys).Processes);
        Assert.Equal((values, tables), (process.Values?.Count ?? 0, process.Tables?.Count ?? 0));
    }

    [Fact]
    public void A_file_cut_off_or_changed_anywhere_is_read_or_told()
    {
        var run = new MadeRun();
        MadeProcess process = run.Begin();
        process.SetValue("shop.sales", 12.5, "{sale}");
        process.SetTable(new("shop.tills", [new("till"), new("time", "s")], [["north", 0.25], ["south", 1]]));
        byte[] whole = Encoding.UTF8.GetBytes(Write(run));
        var random = new Random(5);
        int read = 0;
        for (int i = 0; i < 3_000; i++)
        {
            byte[] bytes = whole[..(i % 2 == 0 ? whole.Length : random.Next(whole.Length))];
            for (int k = random.Next(3); k > 0 && bytes.Length > 0; k--)
                bytes[random.Next(bytes.Length)] = (byte)"{}[],:\"0n\\ "[random.Next(11)];
            try
            {
                RecordedProcess? one = TreeFile.Read(new MemoryStream(bytes)).Processes.SingleOrDefault();
                Assert.All(one?.Tables ?? [], table => Assert.True(table.IsRectangular));
                Assert.All(one?.Values ?? [], value => Assert.NotNull(value.Name));
                read++;
            }
            catch (InvalidDataException)
            {
                // Told.
            }
        }

        Assert.InRange(read, 100, 2_900);
    }

    private static RecordedRun Read(string keys)
    {
        const string Process = """{"id":1,"pid":5,"origin":"launched","startNs":0,"comm":"a","end":"alive",""";
        return TreeFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(
            $$"""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":10,"processes":[{{Process}}{{keys[1..]}}]}""")));
    }

    private static string Write(MadeRun run)
    {
        using var written = new MemoryStream();
        TreeFile.Write(written, run.Record());
        using JsonDocument document = JsonDocument.Parse(written.ToArray()); // it is JSON
        return Encoding.UTF8.GetString(written.ToArray());
    }

    private static RecordedRun Again(MadeRun run) => TreeFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(Write(run))));
}
