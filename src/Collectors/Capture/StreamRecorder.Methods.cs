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

    /// <summary>All records of a process with a runtime have come.</summary>
    private void AwaitMethods(ProcessImage image, ProcessResult result)
    {
        image.Jit?.Hold(open: _awaiting.Count < MostHeldJits);
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
            Resolve(jit);
        }

        return true;
    });

    /// <summary>Writes the functions of code that a process made itself, if stacks cannot show more of it later.</summary>
    private void Resolve(JitCode jit)
    {
        if (!Keeps(jit))
            TakeSymbols(jit);
    }

    private void TakeSymbols(JitCode jit)
    {
        _chunk.Symbols.AddRange(jit.Resolve());
        CutMaps += jit.IsCut ? 1 : 0;
    }
}
