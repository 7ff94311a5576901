using System.Diagnostics;
using System.Text.RegularExpressions;

namespace ForkFollow.Host.Tests;

/// <summary>
/// BadInputs.txt: what a user may get wrong, and what he is told: what, why and the remedy in a line each, exit status 2 (126 and 127 of a
/// command), no trace of ours, nothing left behind. Rows with status 0 run, and begin with a note.
/// </summary>
public sealed partial class BadInputTests(BadInputRuns runs) : IClassFixture<BadInputRuns>
{
    /// <summary>Words of .NET and of the parser, whose texts are for programmers.</summary>
    private static readonly string[] _foreign =
        ["Exception", "System.", "   at ", "LineNumber", "BytePosition", "(Parameter", "Unrecognized", "Required argument", "deserializ", "the process cannot access", "internal fault"];

    public static TheoryData<string> Rows => [.. BadInputRuns.Rows];

    [SkippableTheory]
    [MemberData(nameof(Rows))]
    public async Task It_is_told_in_a_line(string row)
    {
        BadInput input = BadInput.Parse(row);
        Machine.Need(input.Arguments.Contains("setpriv", StringComparison.Ordinal) ? Machine.Root("to become an ordinary user") ?? Machine.Tool("setpriv") : null);
        (Ended ended, string folder, bool leftNothing) = await runs.EndOf(row);
        string[] lines = [.. input.Message.Split(" // ").Select(line => "forkfollow: " + line.Replace("%d", folder, StringComparison.Ordinal))];
        string pattern = string.Concat(lines.Select(line => Regex.Escape(line).Replace("…", "[^\n]*", StringComparison.Ordinal) + "\n"));
        Assert.True(input.Status == ended.Status, $"exit {ended.Status}\n{ended.Errors}");
        Assert.Matches(input.Status == 0 ? $@"\A{pattern}" : $@"\A{pattern}\z", ended.Errors);
        Assert.Equal("", ended.Output);
        Assert.DoesNotContain(_foreign, word => ended.Errors.Contains(word, StringComparison.OrdinalIgnoreCase));
        Assert.True(leftNothing || input.Status == 0, "something was left behind");
    }

    /// <summary>README names each; a new one gets rows.</summary>
    [Fact]
    public void Each_option_has_a_row()
    {
        string readme = File.ReadAllText(Path.Combine(Metadata.Of("Repository"), "README.md"));
        readme = readme[readme.IndexOf("-o, --output DIR", StringComparison.Ordinal)..readme.IndexOf("Each option is a setting", StringComparison.Ordinal)];
        string[] options = [.. OptionName().Matches(readme).Select(match => match.Value).Distinct()];
        Assert.InRange(options.Length, 20, 60);
        string all = string.Join('\n', BadInputRuns.Rows.Select(row => BadInput.Parse(row).Arguments + " "));
        Assert.All(options, option => Assert.Matches($@"(^|\s){option}[\s=]", all));
    }

    [GeneratedRegex(@"(?<![\w-])--?[a-zA-Z][a-z-]*")]
    private static partial Regex OptionName();
}

/// <summary>A row: its columns have | between, and are shell words.</summary>
/// <param name="Status">The exit status.</param>
/// <param name="Arguments">Of forkfollow; behind $ a whole line for the shell, with %f for it.</param>
/// <param name="Settings">The content of settings.json, which is named with --config; empty for none.</param>
/// <param name="Environment">Variables, NAME=value, for the shell.</param>
/// <param name="Message">What is told, without "forkfollow: "; // between lines, … for anything, %d for the folder.</param>
internal sealed record BadInput(int Status, string Arguments, string Settings, string Environment, string Message)
{
    internal static BadInput Parse(string row)
    {
        string[] columns = [.. row.Split('|').Select(column => column.Trim())];
        return new(int.Parse(columns[0], System.Globalization.CultureInfo.InvariantCulture), columns[1], columns[2], columns[3], string.Join('|', columns[4..]));
    }
}

/// <summary>Runs all rows, as many at a time as there are processors: one by one they would take a minute.</summary>
public sealed class BadInputRuns : IDisposable
{
    private readonly ForkFollowProgram _program = new();
    private readonly SemaphoreSlim _places = new(Environment.ProcessorCount + 1);
    private readonly Dictionary<string, Task<(Ended Ended, string Folder, bool LeftNothing)>> _runs;

    public BadInputRuns()
    {
        File.SetUnixFileMode(_program.Folder, (UnixFileMode)0x1FF); // for rows of an ordinary user
        _runs = Rows.Select((row, at) => (row, at)).ToDictionary(one => one.row, one => RunAsync(one.row, one.at));
    }

    internal static IReadOnlyList<string> Rows { get; } =
    [
        .. File.ReadLines(Path.Combine(Metadata.Of("Repository"), "tests/Host.Tests/BadInputs.txt")).Where(line => line.Length > 0 && line[0] != '#'),
    ];

    public void Dispose()
    {
        Task.WhenAll(_runs.Values).ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        _places.Dispose();
        _program.Dispose();
    }

    internal Task<(Ended Ended, string Folder, bool LeftNothing)> EndOf(string row) => _runs[row];

    private async Task<(Ended Ended, string Folder, bool LeftNothing)> RunAsync(string row, int at)
    {
        await Task.Yield();
        BadInput input = BadInput.Parse(row);
        string folder = Path.Combine(_program.Folder, $"{at}");
        await _places.WaitAsync();
        try
        {
            Prepare(folder, input.Settings);
            string[] before = Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories);
            Ended ended = await ForkFollowProgram.EndAsync(Start(input, folder));
            return (ended, folder, before.Order().SequenceEqual(Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order()));
        }
        finally
        {
            _places.Release();
        }
    }

    private static Started Start(BadInput input, string folder)
    {
        string config = input.Settings.Length > 0 ? "--config settings.json " : "";
        string line = input.Arguments.StartsWith('$')
            ? input.Arguments[1..].Replace("%f", $"{ForkFollowProgram.Path_} {config}", StringComparison.Ordinal)
            : $"exec {ForkFollowProgram.Path_} {config}{input.Arguments}";
        string variables = input.Environment.Length > 0 ? $"export {input.Environment}; " : "";
        return Started.Begin(new ProcessStartInfo("/bin/sh", ["-c", variables + line])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        });
    }

    /// <summary>What rows can name.</summary>
    private static void Prepare(string folder, string settings)
    {
        void Make(string name, string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
            File.SetUnixFileMode(path, mode);
        }

        Make("settings.json", settings);
        Make("plain", "text");
        Make("secret.json", "{}");
        Make("lost", "#!/no/such/interpreter\n", (UnixFileMode)0x1ED);
        Make("huge.json", "");
        using (FileStream huge = File.OpenWrite(Path.Combine(folder, "huge.json")))
            huge.SetLength(1L << 40); // a hole: no room on the disk
        Make("newer/tree.json", """{ "schema": 2, "runs": [] }""");
        Make("broken/tree.json", "{ \"schema\": 1,\n  \"started\": }");
        Make("wrong/tree.json", "{ \"schema\": 1,\n  \"started\": \"x\" }");
        Make("missing/tree.json", """{ "schema": 1 }""");
        Make("list/tree.json", "[]");
        Make("foreign/notes.txt", "mine");
        Make("old/tree.json", "{}");
        Directory.CreateDirectory(Path.Combine(folder, "empty"));
        File.CreateSymbolicLink(Path.Combine(folder, "link"), "old");
        File.SetUnixFileMode(folder, (UnixFileMode)0x1FF);
    }
}
