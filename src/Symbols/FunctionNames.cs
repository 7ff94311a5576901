namespace ForkFollow.Symbols;

/// <summary>Readable names of functions: of the kernel and the vdso by address, of programs by their mangled names. One thread.</summary>
public sealed class FunctionNames
{
    private readonly Dictionary<string, string> _demangled = [];
    private readonly Lazy<KernelSymbols?> _kernel = new(() => KernelSymbols.Read(out _));
    private readonly Lazy<Vdso?> _vdso = new(() => Vdso.Read(out _));

    /// <summary>The function of the kernel at an address; null if it is not known.</summary>
    public string? InKernel(ulong address) => _kernel.Value?.Find(address, out _);

    /// <summary>The function of the vdso at an offset; null if it is not known.</summary>
    public string? InVdso(ulong offset) => _vdso.Value?.Find(offset);

    /// <summary>A name as a person reads it.</summary>
    public string Demangle(string mangled)
    {
        ArgumentNullException.ThrowIfNull(mangled);
        if (!_demangled.TryGetValue(mangled, out string? name))
        {
            name = Demangler.Demangle(mangled);
            _demangled.Add(mangled, name);
        }

        return name;
    }
}
