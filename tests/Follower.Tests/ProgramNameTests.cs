namespace ForkFollow.Follower.Tests;

/// <summary>What programs are called. What the kernel keeps of the executed name (15 bytes) is the judge of argv[0].</summary>
public sealed class ProgramNameTests
{
    [Theory]
    [InlineData("/usr/bin/x86_64-linux-gnu-gcc-12", "gcc", "gcc", "gcc")] // a link
    [InlineData("/usr/bin/x86_64-linux-gnu-gcc-12", "/usr/bin/gcc", "gcc", "gcc")]
    [InlineData("/usr/bin/x86_64-linux-gnu-gcc-12", "x86_64-linux-gnu-gcc-12", "x86_64-linux-gn", "x86_64-linux-gnu-gcc-12")]
    [InlineData("/usr/bin/x86_64-linux-gnu-gcc-12", "c89-as-a-long-link", "c89-as-a-long-l", "c89-as-a-long-link")]
    [InlineData("/usr/bin/x86_64-linux-gnu-gcc-12", "lie", "x86_64-linux-gn", "x86_64-linux-gnu-gcc-12")]
    [InlineData("/usr/bin/x86_64-linux-gnu-gcc-12", "lie", "c89-as-a-long-l", "x86_64-linux-gnu-gcc-12")] // the link's name is cut
    [InlineData("/usr/bin/python3.11", "doesnotexist", "python3", "python3")] // CPython's own tests
    [InlineData("/usr/bin/bash", "-bash", "bash", "bash")] // a login shell
    [InlineData("/usr/bin/dash", "-sh", "sh", "sh")]
    [InlineData("/bin/busybox", "ls|-l", "ls", "ls")]
    [InlineData("/bin/busybox", "ls|-l", "exe", "busybox")] // as /proc/self/exe
    [InlineData("/opt/chrome/chrome", "/opt/chrome/chrome|--type=zygote", "exe", "chrome")]
    [InlineData("/usr/bin/runc", "runc|init", "6", "runc")] // fexecve before Linux 6.14
    [InlineData("/usr/bin/exe", "exe", "exe", "exe")]
    [InlineData("/usr/bin/dash", "/bin/sh|./configure|--prefix=/usr", "configure", "sh")] // a script, which has #!/bin/sh
    [InlineData("/usr/bin/dash", "/bin/sh|-e|./a-script-of-a-long-name.sh", "a-script-of-a-l", "sh")]
    [InlineData("/usr/bin/python3.11", "/usr/bin/python3|-I|/usr/bin/pip", "pip", "python3")]
    [InlineData("/usr/bin/dash", "lie|-c|sh", "sh", "sh")] // an argument that is called like the file makes no script of it
    [InlineData("/tmp/test (deleted)", "./test", "test", "test")]
    [InlineData("/tmp/sixteen-bytes-16 (deleted)", "lie", "sixteen-bytes-1", "sixteen-bytes-16")]
    [InlineData("/tmp/ünïcödé-ünïcödé", "ünïcödé-ünïcödé", "ünïcödé-ün\ufffd", "ünïcödé-ünïcödé")]
    [InlineData("/usr/sbin/nginx", "nginx: worker process", "", "nginx")] // attached: its exec was not seen
    [InlineData("/usr/bin/dash", "", "sh", "sh")] // no arguments at all
    [InlineData("", "", "lost", "lost")]
    public void A_program_is_called_as_its_file_was(string path, string arguments, string comm, string expected) =>
        Assert.Equal(expected, ProgramName.Of(path, arguments.Length == 0 ? [] : arguments.Split('|'), comm));
}
