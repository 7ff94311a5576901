using System.Text;

namespace ForkFollow.Results.Formats;

/// <summary>
/// profile.folded: CPU samples as collapsed stacks, the input of flamegraph.pl and of most viewers. A line is
/// <c>program-PID;thread/TID;outermost;…;innermost COUNT</c>, where COUNT is how many samples. As in perf's scripts, a
/// kernel frame ends in <c>_[k]</c> and one of a JIT in <c>_[j]</c>.
/// </summary>
public static class FoldedFile
{
    /// <summary>Its name in the result directory.</summary>
    public const string Name = "profile.folded";

    /// <summary>Writes the file to a stream, which stays open. Any thread.</summary>
    /// <exception cref="IOException">The stream refused what was written.</exception>
    public static void Write(Stream output, RecordedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var index = new RunIndex(run);
        var functions = new FunctionTable(run.Profile);
        var stacks = new FunctionStacks(run.Profile.Stacks, functions);
        string[] names =
        [
            .. functions.Functions.Select(one => Escape(one.Name) + Suffix(run.Profile.Modules[one.Module])),
        ];
        var path = new List<int>();
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        using var writer = new StreamWriter(output, utf8, bufferSize: -1, leaveOpen: true) { NewLine = "\n" };
        for (int thread = 0; thread < run.Profile.Threads.Count; thread++)
        {
            if (index.SamplesOf(thread).IsEmpty)
                continue;
            RecordedProcess process = index.ProcessOf(thread);
            string root = $"{Escape(RunIndex.Name(process))}-{index.Pid(process)};"
                + $"{Escape(index.ThreadName(thread))}/{index.Tid(thread)}";
            foreach ((int stack, (long count, _)) in index.StacksOf(thread, stacks.Of))
            {
                writer.Write(root);
                stacks.CopyTo(path, stack);
                foreach (int function in path)
                {
                    writer.Write(';');
                    writer.Write(names[function]);
                }

                writer.Write(' ');
                writer.WriteLine(FormatJson.Invariant(count));
            }
        }
    }

    /// <summary>A semicolon would end the frame.</summary>
    private static string Escape(string name) => name.Replace(';', ':');

    private static string Suffix(ProfileModule module) => module.Kind switch
    {
        FrameKind.Kernel => "_[k]",
        FrameKind.Jit => "_[j]",
        _ => "",
    };
}
