using ForkFollow.Symbols;

namespace ForkFollow.Results;

/// <summary>
/// Names the functions of a profile that has none, because we were killed before we wrote them: by the files that are still
/// where they were, if their build ids are the same.
/// </summary>
public static class Symbolizer
{
    /// <summary>Names what can be named; a profile that has its functions stays as it is.</summary>
    public static Profile Complete(Profile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        if (profile.HasSymbols)
            return profile;
        var names = new FunctionNames();
        var cache = new SymbolCache();
        ModuleSymbols?[] symbols = [.. profile.Modules.Select(module => Open(module, cache))];
        return profile with
        {
            Frames =
            [
                .. profile.Frames.Select(frame => Name(names, profile.Modules[frame.Module], symbols[frame.Module], frame.Address)
                    is { } function
                        ? frame with { Function = function }
                        : frame),
            ],
        };
    }

    private static ModuleSymbols? Open(ProfileModule module, SymbolCache cache)
    {
        if (module.Kind != FrameKind.User || module.Path is not ['/', ..])
            return null;
        ModuleSymbols? symbols = TargetRoot.Own.Open(module.Path, out _) is { } file
            ? cache.Get(file, module.Path, TargetRoot.Own, out _)
            : null;
        return symbols?.BuildId == module.BuildId && module.BuildId.Length > 0 ? symbols : null;
    }

    private static string? Name(FunctionNames names, ProfileModule module, ModuleSymbols? symbols, ulong address) => module.Kind switch
    {
        FrameKind.Kernel => names.InKernel(address),
        FrameKind.User when module.Path == "[vdso]" => names.InVdso(address),
        _ => symbols?.Find(address) is { } mangled ? names.Demangle(mangled) : null,
    };
}
