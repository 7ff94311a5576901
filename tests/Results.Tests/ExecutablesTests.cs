namespace ForkFollow.Results.Tests;

/// <summary>Executables are told apart by their files, and no two are called alike.</summary>
public sealed class ExecutablesTests
{
    private static readonly string[] _busybox = ["sh", "ls", "busybox"];

    [Fact]
    public void A_file_that_is_always_called_alike_has_that_name()
    {
        var executables = new Executables([Ran(1, "/usr/bin/x86_64-linux-gnu-gcc-12", "gcc"), Ran(2, "/usr/bin/x86_64-linux-gnu-gcc-12 (deleted)", "gcc")]);

        Assert.Equal([new("/usr/bin/x86_64-linux-gnu-gcc-12", "gcc")], executables.Names);
        Assert.Equal("/usr/bin/x86_64-linux-gnu-gcc-12", executables.FileOf("gcc"));
    }

    [Fact]
    public void A_file_of_several_names_is_one_executable_that_is_called_as_its_file()
    {
        RecordedProcess[] processes = [.. _busybox.Select((name, i) => Ran(i + 1, "/bin/busybox", name))];
        var executables = new Executables(processes);

        Assert.Equal([new("/bin/busybox", "busybox")], executables.Names);
        Assert.All(processes, process => Assert.Equal("busybox", executables.NameOf(process)));
        Assert.Equal(_busybox, processes.Select(process => process.Name));
        Assert.Null(executables.FileOf("busybox"));
    }

    [Fact]
    public void Two_files_of_one_name_are_called_by_their_paths()
    {
        var executables = new Executables([Ran(1, "/usr/bin/python3.11", "python3"), Ran(2, "/venv/bin/python3", "python3"), Ran(3, "/bin/sh", "sh")]);

        Assert.Equal(["/usr/bin/python3.11", "/venv/bin/python3", "sh"], executables.Names.Values.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_fork_that_never_called_exec_is_of_its_parents_executable()
    {
        RecordedProcess parent = Ran(1, "/usr/bin/dash", "sh");
        RecordedProcess fork = parent with { Id = 2, Execs = [], Name = "(sh)", Executable = "/usr/bin/dash" };
        RecordedProcess unknown = parent with { Id = 3, Execs = [], Name = "(kept)", Executable = "" };
        var executables = new Executables([parent, fork, unknown]);

        Assert.Equal(["sh", "sh", "(kept)"], ((RecordedProcess[])[parent, fork, unknown]).Select(executables.NameOf));
    }

    private static RecordedProcess Ran(int id, string path, string name) => new()
    {
        Id = id,
        Pid = 100 + id,
        Origin = "fork",
        StartNs = id,
        EndNs = 10 + id,
        Comm = name,
        Execs = [new(id, path, [name], name)],
        End = "exited",
    };
}
