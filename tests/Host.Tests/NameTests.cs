using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ForkFollow.Results.Formats;

namespace ForkFollow.Host.Tests;

/// <summary>A process is called alike on the terminal, in tree.json, on the page and in all formats, and argv[0] makes up no names.</summary>
public sealed class NameTests
{
    private const string Spin = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done";

    [SkippableFact]
    public async Task Names_are_the_same_everywhere_and_are_files()
    {
        Machine.Need(Machine.UserEvents, Machine.Tool("bash"), Machine.Page(HtmlReport.Refusal is null));
        using var program = new ForkFollowProgram();
        string shell = Path.Combine(program.Folder, "a-shell-of-the-version-1.2");
        File.Copy(File.ResolveLinkTarget("/bin/sh", returnFinalTarget: true)?.FullName ?? "/bin/sh", shell);
        File.CreateSymbolicLink(Path.Combine(program.Folder, "tool"), shell);
        File.WriteAllText(Path.Combine(program.Folder, "script"), $"#!{program.Folder}/tool\n{Spin}\n");
        File.SetUnixFileMode(Path.Combine(program.Folder, "script"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.WriteAllText(
            Path.Combine(program.Folder, "names"),
            $"./tool -c '{Spin}'\n(exec -a doesnotexist ./tool -c '{Spin}')\n(exec -a ../elsewhere/lie ./tool -c '{Spin}')\n./script\n{shell} -c '{Spin}'\n({Spin}; true)\n");

        Ended ended = await program.RunAsync("--collect", "cpu", "-F", "997", "--format", "all", "--", "bash", "names");

        Assert.Equal(0, ended.Status);
        string[] expected = ["bash", "tool", "tool", "tool", "tool", "a-shell-of-the-version-1.2", "(bash)"];
        IReadOnlyList<JsonElement> processes = program.ReadTree().Processes;
        Assert.Equal(expected, processes.Select(process => Text(process, "name")));
        Assert.Equal(Enumerable.Repeat(shell, 5), processes.Skip(1).Take(5).Select(process => Text(process, "executable")));
        Assert.Equal(Text(processes[0], "executable"), Text(processes[6], "executable"));
        Assert.All(processes.Skip(1).Take(5), process => Assert.Equal(Text(process, "name"), Text(Assert.Single(process.GetProperty("execs").EnumerateArray()), "name")));

        string[] rows = [.. ended.Errors.Split('\n').Where(row => row.Contains('─')).Select(row => row.TrimStart('├', '└', '─').Split(' ')[0])];
        Assert.Equal(expected.Skip(1), rows);
        string[] pids = [.. processes.Select(process => $"{process.GetProperty("pid").GetInt32()}")];
        AssertFormats(program, expected, pids);
    }

    private static void AssertFormats(ForkFollowProgram program, string[] expected, string[] pids)
    {
        JsonElement page = JsonDocument.Parse(Regex.Match(Read(program, "report.html"), """<script type="application/json" id="run">(.*?)</script>""", RegexOptions.Singleline).Groups[1].Value).RootElement;
        string[] strings = [.. page.GetProperty("strings").EnumerateArray().Select(text => text.GetString()!)];
        Assert.Equal(expected, page.GetProperty("processes").GetProperty("name").EnumerateArray().Select(name => strings[name.GetInt32()]));
        string[] executables = [.. page.GetProperty("processes").GetProperty("executable").EnumerateArray().Select(name => strings[name.GetInt32()])];
        Assert.Equal(["bash", .. Enumerable.Repeat("a-shell-of-the-version-1.2", 5), "bash"], executables); // it was called by two names

        string[] called = [.. expected.Zip(pids, (name, pid) => $"{name}-{pid}")];
        Assert.Equal(called, Read(program, "profile.folded").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(';')[0]).Distinct());
        called = [.. expected.Zip(pids, (name, pid) => $"{name} [{pid}]")];
        JsonElement speedscope = JsonDocument.Parse(Read(program, "profile.speedscope.json")).RootElement;
        Assert.Equal(called, speedscope.GetProperty("profiles").EnumerateArray().Select(one => string.Join(' ', Text(one, "name").Split(' ')[..2])));
        JsonElement timeline = JsonDocument.Parse(Read(program, "timeline.json")).RootElement;
        Assert.Equal(called, timeline.GetProperty("traceEvents").EnumerateArray().Where(one => Text(one, "name") == "process_name").Select(one => Text(one.GetProperty("args"), "name")).SkipLast(1)); // all processes

        JsonElement firefox = JsonDocument.Parse(Unzip(program, "profile.firefox.json.gz")).RootElement;
        Assert.Equal(expected, firefox.GetProperty("threads").EnumerateArray().Select(thread => Text(thread, "processName")));
        string pprof = Encoding.UTF8.GetString(Unzip(program, "profile.pb.gz"));
        Assert.All(expected, name => Assert.Contains(name, pprof, StringComparison.Ordinal));
        Assert.DoesNotContain("doesnotexist", pprof, StringComparison.Ordinal);
    }

    private static string Text(JsonElement of, string key) => of.GetProperty(key).GetString()!;

    private static string Read(ForkFollowProgram program, string name) => File.ReadAllText(Path.Combine(program.Results, name));

    private static byte[] Unzip(ForkFollowProgram program, string name)
    {
        using var zip = new GZipStream(File.OpenRead(Path.Combine(program.Results, name)), CompressionMode.Decompress);
        using var content = new MemoryStream();
        zip.CopyTo(content);
        return content.ToArray();
    }
}
