using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using ForkFollow.Collectors.Interop;

namespace ForkFollow.Collectors.Tests;

/// <summary>
/// All that Interop declares against what the C headers say, by a program that the C compiler makes of them. What is
/// declared is found by reflection: whoever adds a constant or a field must add it to tests/Tracees/perf_layout.c.
/// </summary>
public sealed class LayoutTests
{
    private const BindingFlags All = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    [Fact]
    public async Task Sizes_offsets_and_constants_are_those_of_the_headers()
    {
        string text = await Started.OutputAsync(Runs.Tracee("perf_layout"));
        string[] c = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Type[] types = [.. InteropTypes().Where(type => !IsOfLibdw(type))];
        IEnumerable<string> ours =
        [
            .. types.SelectMany(type => type.IsEnum ? Members(type) : type.IsValueType ? Layout(type) : Constants(type)),
            .. typeof(LibC).GetProperties(All).Where(property => property.Name != nameof(LibC.Errno))
                .Select(property => $"{property.Name} {property.GetValue(null)}"),
        ];
        Assert.Equal(c.Order(StringComparer.Ordinal), ours.Order(StringComparer.Ordinal));
        Assert.Equal(perf_event_attr.PERF_ATTR_SIZE_VER7, Marshal.SizeOf<perf_event_attr>());
    }

    /// <summary>Apart, since the headers of elfutils are no requirement of a build.</summary>
    [SkippableFact]
    public void Sizes_and_offsets_of_libdw_are_those_of_its_headers()
    {
        Machine.Need(Machine.Header("elfutils/libdwfl.h", "libdw-dev"));
        string[] ours = [.. InteropTypes().Where(type => IsOfLibdw(type) && type.IsValueType).SelectMany(Layout)];
        IEnumerable<string> shown = ours.Select(line => line.Split(' ')[..^1]).Select(words => words[0] == "sizeof"
            ? $"printf(\"sizeof {words[1]} %zu\\n\", sizeof({words[1]}));"
            : $"printf(\"{words[0]} %zu\\n\", offsetof({words[0].Replace('.', ',')}));");
        using var folder = new TemporaryFolder();
        string source = Path.Combine(folder.Path, "layout.c");
        File.WriteAllText(
            source,
            $$"""
            #include <stddef.h>
            #include <stdio.h>
            #include <elfutils/libdwfl.h>
            int main(void) { {{string.Concat(shown)}}
                printf("DWARF_CB_OK %d\nDWARF_CB_ABORT %d\nEV_CURRENT %d\n", DWARF_CB_OK, DWARF_CB_ABORT, EV_CURRENT); }
            """);
        string program = Path.Combine(folder.Path, "layout");
        Tools.Run("cc", source, "-o", program);

        Assert.Equal(
            [.. ours, $"DWARF_CB_OK {LibDw.DWARF_CB_OK}", $"DWARF_CB_ABORT {LibDw.DWARF_CB_ABORT}", $"EV_CURRENT {LibElf.EV_CURRENT}"],
            Tools.Run(program).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static IEnumerable<Type> InteropTypes() =>
        typeof(LibC).Assembly.GetTypes().Where(type => type.Namespace == typeof(LibC).Namespace);

    private static bool IsOfLibdw(Type type) =>
        type == typeof(LibDw) || type == typeof(LibElf) || type.Name.StartsWith("Dwfl_", StringComparison.Ordinal);

    private static IEnumerable<string> Members(Type type) =>
        Enum.GetNames(type).Where(name => name != "None").Select(name => $"{name} {Number(Enum.Parse(type, name))}");

    private static IEnumerable<string> Constants(Type type) =>
        type == typeof(LibC)
            ? type.GetFields(All).Where(field => field.IsLiteral && field.FieldType != typeof(string))
                .Select(field => $"{field.Name} {Number(field.GetRawConstantValue()!)}")
            : [];

    private static IEnumerable<string> Layout(Type type) =>
        type.IsNested
            ? []
            : type.GetFields(All).Where(field => !field.IsLiteral)
                .Select(field => $"{type.Name}.{field.Name} {Marshal.OffsetOf(type, field.Name)}")
                .Append($"sizeof {type.Name} {Marshal.SizeOf(type)}");

    private static long Number(object value) =>
        Convert.ToDecimal(value, CultureInfo.InvariantCulture) is var number && number > long.MaxValue
            ? unchecked((long)(ulong)number)
            : (long)number;
}
