using System.Text;
using ForkFollow.Collectors.Capture;

namespace ForkFollow.Collectors.Tests;

/// <summary>The parts that make a recording of the kernel's records, without a kernel.</summary>
public sealed class RecordTests
{
    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-3\n", new[] { 0, 1, 2, 3 })]
    [InlineData("0-1,4,6-7", new[] { 0, 1, 4, 6, 7 })]
    public void Lists_of_cpus_are_read(string list, int[] cpus) => Assert.Equal(cpus, OnlineCpus.Parse(list));

    [Fact]
    public void Executable_lines_of_a_maps_file_are_read_and_rubbish_is_passed_over()
    {
        const string Maps = """
            00400000-00401000 r--p 00000000 fe:00 1                          /bin/cat
            00401000-00402000 r-xp 00001000 fe:00 1                          /bin/a file with  spaces
            7ff000-800000 rwxp 00000000 00:00 0
            7ffd0000-7ffd2000 r-xp 00000000 00:00 0                          [vdso]
            nonsense
            zz-yy r-xp 0 0 0 /x
            5000-4000 r-xp 00000000 fe:00 1 /backwards
            8000-9000 r-xp 00000000 fe:00 1                          /with\012line (deleted)
            """;

        Assert.Equal(
            [
                new(0x401000, 0x402000, 0x1000, new(0xfe, 0, 1, 0), "/bin/a file with  spaces"),
                new(0x7ff000, 0x800000, 0, default, ""),
                new(0x7ffd0000, 0x7ffd2000, 0, default, "[vdso]"),
                new(0x8000, 0x9000, 0, new(0xfe, 0, 1, 0), "/with\nline (deleted)"),
            ],
            ProcMapping.Parse(Encoding.UTF8.GetBytes(Maps)));
    }

    [Theory]
    [InlineData("/usr/bin/cat", true)]
    [InlineData("[vdso]", true)]
    [InlineData("[heap]", false)]
    [InlineData("[anon:v8]", false)]
    [InlineData("//anon", false)]
    [InlineData("", false)]
    [InlineData("/memfd:doublemapper (deleted)", false)]
    [InlineData("/dev/zero (deleted)", false)]
    public void Files_are_told_from_memory_of_compilers(string path, bool file) =>
        Assert.Equal(file, new MappedFile(path, default).HasCode);

    [Fact]
    public void System_calls_have_the_names_of_the_kernels_headers()
    {
        const string Header = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h";
        if (!File.Exists(Header))
            return;
        foreach (string line in File.ReadLines(Header).Where(line => line.StartsWith("#define __NR_", StringComparison.Ordinal)))
        {
            string[] words = line.Split(' ');
            Assert.Equal(words[1]["__NR_".Length..], SyscallNames.Of(int.Parse(words[2])));
        }

        Assert.Equal("syscall_99999", SyscallNames.Of(99999));
    }
}
