namespace ForkFollow.Tests;

/// <summary>The tracee chain without frame pointers: its callers are found by unwinding alone.</summary>
internal static class Chain
{
    /// <summary>How many rounds of its loop: some 0.1 s.</summary>
    internal const string Rounds = "400";

    internal static void NeedLibrary() => Machine.Need(Machine.Library("libdw.so.1", "libdw1"), Machine.Library("libelf.so.1", "libelf1"));

    /// <summary>Compiles it. Skips the test if there is no compiler.</summary>
    internal static string Compile(TemporaryFolder folder, params string[] options)
    {
        string program = Path.Combine(folder.Path, "chain");
        string source = Path.Combine(Metadata.Of("TraceeFolder"), "../chain.c");
        Tools.Run(
            "cc", ["-O2", "-fomit-frame-pointer", "-fasynchronous-unwind-tables", "-DNO_FRAME_POINTER", .. options, source, "-o", program]);
        return program;
    }
}
