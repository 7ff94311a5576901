using System.Diagnostics;
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
        using Process layout = Process.Start(new ProcessStartInfo(Runs.Tracee("perf_layout")) { RedirectStandardOutput = true })!;
        string text = await layout.StandardOutput.ReadToEndAsync();
        string[] c = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Type[] types = [.. typeof(LibC).Assembly.GetTypes().Where(type => type.Namespace == typeof(LibC).Namespace)];
        IEnumerable<string> ours =
        [
            .. types.SelectMany(type => type.IsEnum ? Members(type) : type.IsValueType ? Layout(type) : Constants(type)),
            .. typeof(LibC).GetProperties(All).Where(property => property.Name != nameof(LibC.Errno))
                .Select(property => $"{property.Name} {property.GetValue(null)}"),
        ];
        Assert.Equal(c.Order(StringComparer.Ordinal), ours.Order(StringComparer.Ordinal));
        Assert.Equal(perf_event_attr.PERF_ATTR_SIZE_VER7, Marshal.SizeOf<perf_event_attr>());
    }

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
