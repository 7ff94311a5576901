using ForkFollow.Collectors.DotNet;
using ForkFollow.Collectors.Recording.Protocol;
using ForkFollow.Collectors.Symbols;

namespace ForkFollow.Collectors.Recording;

/// <summary>Tells the functions of places in the code, when a run has ended. One thread.</summary>
public sealed class Symbolizer
{
    private readonly Dictionary<string, string> _demangled = [];
    private readonly Lazy<KernelSymbols?> _kernel = new(() => KernelSymbols.Read(out _));
    private readonly Lazy<Vdso?> _vdso = new(() => Vdso.Read(out _));

    /// <summary>
    /// Names the functions of a profile that has none, because we were killed before we wrote them: by the files that are
    /// still where they were, if their build ids are the same.
    /// </summary>
    public static Profile Complete(Profile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        if (profile.HasSymbols)
            return profile;
        var symbolizer = new Symbolizer();
        using var cache = new SymbolCache();
        ModuleSymbols?[] symbols = [.. profile.Modules.Select(module => Open(module, cache))];
        return profile with
        {
            Frames =
            [
                .. profile.Frames.Select(frame => symbolizer.Name(profile.Modules[frame.Module], symbols[frame.Module], frame.Address)
                    is { } function
                        ? frame with { Function = function }
                        : frame),
            ],
        };
    }

    /// <summary>The functions of all places of a recording but those of JITs, which are told at the end of their process.</summary>
    internal IEnumerable<Symbol> Name(
        IEnumerable<KeyValuePair<(int Module, ulong Address), int>> frames, ModuleTable modules, ManagedModules managed)
    {
        foreach (((int module, ulong address), int frame) in frames)
        {
            string? function = modules.IsKernel(module) ? NameKernel(address)
                : modules.IsVdso(module) ? _vdso.Value?.Find(address)
                : modules.SymbolsOf(module)?.Find(address) is { } mangled ? Demangle(mangled)
                : managed.Find(module, address);
            if (function is not null)
                yield return new() { Frame = (uint)frame, Function = function };
        }
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

    private string? Name(ProfileModule module, ModuleSymbols? symbols, ulong address) => module.Kind switch
    {
        FrameKind.Kernel => NameKernel(address),
        FrameKind.User when module.Path == "[vdso]" => _vdso.Value?.Find(address),
        _ => symbols?.Find(address) is { } mangled ? Demangle(mangled) : null,
    };

    private string? NameKernel(ulong address) => _kernel.Value?.Find(address, out _);

    private string Demangle(string mangled)
    {
        if (!_demangled.TryGetValue(mangled, out string? name))
        {
            name = Demangler.Demangle(mangled);
            _demangled.Add(mangled, name);
        }

        return name;
    }
}
