using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ForkFollow.Tests;

/// <summary>
/// What this machine has. Each answer is null if it is there, or says what is missing; <see cref="Need"/> skips the test with
/// that. Looked for by means that are not the product's own: what the product refuses here though it could be had fails a test.
/// </summary>
internal static class Machine
{
    private const int CapabilitySysAdmin = 21;
    private const int CapabilitySysPtrace = 19;

    private static readonly Dictionary<string, string> _packages = new()
    {
        ["c++filt"] = "binutils",
        ["chown"] = "coreutils",
        ["g++"] = "g++",
        ["nginx"] = "nginx-light",
        ["nm"] = "binutils",
        ["node"] = "nodejs",
        ["objcopy"] = "binutils",
        ["perf"] = "linux-perf",
        ["prlimit"] = "util-linux",
        ["protoc"] = "protobuf-compiler",
        ["readelf"] = "binutils",
        ["rustc"] = "rustc",
        ["script"] = "bsdutils",
        ["setarch"] = "util-linux",
        ["setpriv"] = "util-linux",
        ["setsid"] = "util-linux",
        ["strip"] = "binutils",
        ["systemd-analyze"] = "systemd",
        ["taskset"] = "util-linux",
        ["unshare"] = "util-linux",
    };

    private static readonly Lazy<string?> _mountNamespace = new(() => Root("to make a mount namespace") ?? Tool("unshare") ?? Try("unshare", "-m", "true"));
    private static readonly Lazy<string?> _userEvents = new(() => PerfProbe.Open(kernel: false));
    private static readonly Lazy<string?> _kernelEvents = new(() => PerfProbe.Open(kernel: true));

    /// <summary>Skips the test if something is missing, with all that is.</summary>
    internal static void Need(params IEnumerable<string?> missing)
    {
        string[] lacks = [.. missing.OfType<string>().Distinct()];
#pragma warning disable RS0030 // this is the one place
        Skip.If(lacks.Length > 0, string.Join("; ", lacks));
#pragma warning restore RS0030
    }

    /// <summary>A program on the path.</summary>
    internal static string? Tool(string name) =>
        Find(name) is not null ? null : $"{name} is not installed (Debian package {_packages.GetValueOrDefault(name, name)})";

    /// <summary>Where a program is; null if it is not on the path. Nowhere else: a path without it is a machine without it.</summary>
    internal static string? Find(string name) => name.StartsWith('/')
        ? (File.Exists(name) ? name : null)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Where a program is; skips the test if it is not installed.</summary>
    internal static string PathOf(string name)
    {
        Need(Tool(name));
        return Find(name)!;
    }

    internal static string? Root(string what) => Environment.IsPrivilegedProcess ? null : $"not root, which it needs {what}";

    /// <summary>Seizing a process that is no descendant of who seizes it.</summary>
    internal static string? Attach => Yama switch
    {
        0 => null,
        3 => "kernel.yama.ptrace_scope is 3, which forbids ptrace",
        _ when Has(CapabilitySysPtrace) => null,
        var scope => $"kernel.yama.ptrace_scope is {scope} and CAP_SYS_PTRACE is missing, which attaching to processes that are no descendants needs",
    };

    /// <summary>Events of what happens in user mode.</summary>
    internal static string? UserEvents => _userEvents.Value;

    /// <summary>Events of what happens in the kernel.</summary>
    internal static string? KernelEvents => _kernelEvents.Value;

    /// <summary>Formats of tracepoints, and opening them.</summary>
    internal static string? Tracepoints => TracefsProbe.Missing ?? KernelEvents;

    /// <summary>A mount namespace, and mounting in it.</summary>
    internal static string? MountNamespace => _mountNamespace.Value;

    /// <summary>A library that the dynamic linker finds.</summary>
    internal static string? Library(string name, string package)
    {
        if (!NativeLibrary.TryLoad(name, out nint library))
            return $"{name} is not installed (Debian package {package})";
        NativeLibrary.Free(library);
        return null;
    }

    /// <summary>A C header.</summary>
    internal static string? Header(string name, string package) =>
        Compiles($"#include <stddef.h>\n#include <{name}>\n") ? null : $"the header {name} is not installed (Debian package {package})";

    /// <summary>A way in which the C compiler can compile.</summary>
    internal static string? Compiler(string option) => Compiles("int x;\n", option) ? null : $"the C compiler cannot {option}";

    /// <summary>The page of report.html, which a build without Node.js lacks. With Node.js a page that is missing is a fault.</summary>
    internal static string? Page(bool isThere) => isThere ? null : Tool("node") ?? Tool("npm");

    private static int Yama => File.Exists("/proc/sys/kernel/yama/ptrace_scope")
        ? int.Parse(File.ReadAllText("/proc/sys/kernel/yama/ptrace_scope"), CultureInfo.InvariantCulture)
        : 0;

    private static bool Has(int capability)
    {
        string line = File.ReadLines("/proc/self/status").First(one => one.StartsWith("CapEff:", StringComparison.Ordinal));
        ulong effective = ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return (effective & ((1UL << capability) | (1UL << CapabilitySysAdmin))) != 0;
    }

    private static bool Compiles(string source, params string[] options)
    {
        var start = new ProcessStartInfo("cc", [.. options, "-fsyntax-only", "-x", "c", "-"]);
        return Find("cc") is not null && Started.RunAsync(start, source).GetAwaiter().GetResult().Status == 0;
    }

    private static string? Try(string program, params string[] arguments)
    {
        Finished finished = Started.RunAsync(program, arguments).GetAwaiter().GetResult();
        return finished.Status == 0 ? null : $"{program} fails here: {finished.Errors.Trim()}";
    }
}
