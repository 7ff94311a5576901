namespace ForkFollow.Collectors.Symbols;

internal static class Demangler
{
    internal static string Demangle(string name) => name;
}
