using ForkFollow.Follower;
using ForkFollow.Symbols;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// Managed methods. A runtime tells the most of them when its process ends, and its stream may end a little later than our
/// records of it: what is known of such a process waits for them, until the end of the run at most.
/// </summary>
internal sealed partial class StreamRecorder
{
    private readonly List<(ProcessResult Result, CodeMap Code, JitCode? Jit)> _awaiting = [];
    private readonly ManagedModules _managed = new();

    /// <summary>Code that processes made themselves whose functions are told when the run has ended.</summary>
    private readonly List<JitCode> _late = [];

    /// <summary>All records of a process with a runtime have come.</summary>
    private void AwaitMethods(ProcessImage image, ProcessResult result)
    {
        image.Jit?.End(result.Process);
        _awaiting.Add((result, image.Code.Fork(), image.Jit));
        image.Jit = null;
    }

    /// <summary>Takes the methods that have come.</summary>
    /// <param name="last">None will come after this.</param>
    private void TakeMethods(bool last) => _awaiting.RemoveAll(one =>
    {
        MethodMap? methods = one.Result.TakeMethods();
        if (methods is null && !last)
            return false;
        if (methods is not null)
            _managed.Add(methods, one.Code);
        if (one.Jit is { } jit)
        {
            jit.Methods = methods;
            Resolve(jit, one.Result.Process);
        }

        return true;
    });

    /// <summary>
    /// Writes the functions of code that a process made itself: now, if its file may be opened now and stacks cannot show more of it later.
    /// </summary>
    private void Resolve(JitCode jit, FollowedProcess? process)
    {
        jit.End(process);
        if (jit.IsUnread || Keeps(jit))
            _late.Add(jit);
        else
            TakeSymbols(jit);
    }

    /// <summary>The functions that could not be told before. When the run has ended.</summary>
    private void NameLate()
    {
        foreach (JitCode jit in _late)
        {
            jit.ReadLate();
            TakeSymbols(jit);
            if (_chunk.Symbols.Count >= MostSymbols)
                WriteChunk(now: true);
        }

        _late.Clear();
    }

    private void TakeSymbols(JitCode jit)
    {
        _chunk.Symbols.AddRange(jit.Resolve());
        CutMaps += jit.IsCut ? 1 : 0;
    }
}
