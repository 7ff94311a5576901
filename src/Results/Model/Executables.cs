using System.Runtime.InteropServices;

namespace ForkFollow.Results;

/// <summary>
/// The executables of a run: told apart by their files, whatever <c>argv[0]</c> says. One is called as its processes are, if they are
/// all called alike; else by its file, and by its whole path if two would have the same name. Immutable; any thread.
/// </summary>
public sealed class Executables
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _files;

    /// <summary>Those of a run.</summary>
    public Executables(IReadOnlyList<RecordedProcess> processes)
    {
        ArgumentNullException.ThrowIfNull(processes);
        foreach (RecordedExec exec in processes.SelectMany(process => process.Execs))
        {
            string file = RecordedExec.WithoutMark(exec.Path);
            ref string? name = ref CollectionsMarshal.GetValueRefOrAddDefault(_names, file, out bool known);
            name = !known || name == exec.Name ? exec.Name : Path.GetFileName(file);
        }

        foreach (IGrouping<string, string> alike in _names.GroupBy(one => one.Value, one => one.Key).ToList())
        {
            if (alike.Skip(1).Any())
            {
                foreach (string file in alike)
                    _names[file] = file;
            }
        }

        _files = _names.ToDictionary(one => one.Value, one => one.Key, StringComparer.Ordinal);
    }

    /// <summary>The files, and what they are called. No two have the same name.</summary>
    public IReadOnlyDictionary<string, string> Names => _names;

    /// <summary>The file of an executable that is called otherwise than its file; null of any other.</summary>
    public string? FileOf(string name) => _files.TryGetValue(name, out string? file) && Path.GetFileName(file) != name && file != name ? file : null;

    /// <summary>What the executable of a process is called; the process's own name if it is not known.</summary>
    public string NameOf(RecordedProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return process.Executable.Length == 0 ? process.Name : Of(process.Executable);
    }

    /// <summary>What a file is called.</summary>
    internal string NameOf(RecordedExec exec) => Of(RecordedExec.WithoutMark(exec.Path));

    private string Of(string file) => _names.GetValueOrDefault(file, file);
}
