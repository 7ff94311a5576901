using System.IO.Compression;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Xml.Linq;
using ForkFollow.Results.Formats;

namespace ForkFollow.Host.Tests;

/// <summary>What dotnet pack makes of the sources, installed and used without any other source of packages.</summary>
public sealed class PackageTests : IDisposable
{
    private static readonly string _repository = Path.GetFullPath(
        typeof(PackageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == "Repository").Value!);

    /// <summary>The build of the tests: packing builds nothing anew, and does not touch what other tests run.</summary>
    private static readonly string _configuration = typeof(PackageTests).Assembly
        .GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private readonly ForkFollowProgram _program = new();

    /// <summary>Where packaging/build.sh has made packages and archives; null: this test packs the managed build by itself.</summary>
    private static string? Made => Environment.GetEnvironmentVariable("FORKFOLLOW_PACKAGES") is { Length: > 0 } folder ? folder : null;

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task The_tool_is_installed_from_its_package_alone_and_runs()
    {
        string packages = Made ?? await PackAsync("Host", "-p:ToolPackageRuntimeIdentifiers=", "-p:PublishAot=false");
        string version = Path.GetFileName(Assert.Single(Directory.GetFiles(packages, "ForkFollow.?.*.nupkg")))["ForkFollow.".Length..^".nupkg".Length];
        string configuration = Path.Combine(_program.Folder, "nuget.config");
        await File.WriteAllTextAsync(configuration, $"""
            <configuration>
              <packageSources><clear /><add key="here" value="{packages}" /></packageSources>
              <config><add key="globalPackagesFolder" value="{_program.Folder}/cache" /></config>
            </configuration>
            """);
        string tools = Path.Combine(_program.Folder, "tools");
        Ended installed = await ForkFollowProgram.RunAnyAsync(
            "dotnet", ["tool", "install", "ForkFollow", "--version", version, "--tool-path", tools, "--configfile", configuration], _program.Folder);
        Assert.True(installed.Status == 0, installed.Output + installed.Errors);

        string tool = Path.Combine(tools, "forkfollow");
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            tool, ["-o", _program.Results, "--format", "all", "--", "/bin/sh", "-c", "/bin/echo hello; exit 4"], _program.Folder);
        Assert.Equal((4, "hello\n"), (ended.Status, ended.Output));
        Assert.Equal(2, _program.ReadTree().Processes.Count);
        Assert.Contains("results in out", ended.Errors, StringComparison.Ordinal);

        // The page and the settings are in the package; symbols and assemblies are not in a native one.
        if (HtmlReport.Refusal is null)
            Assert.Contains("</html>", File.ReadAllText(Path.Combine(_program.Results, "report.html")), StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(tools, "appsettings.json", SearchOption.AllDirectories), file => file.Contains("/tools/", StringComparison.Ordinal));
        Assert.Equal(Made is null, Directory.GetFiles(tools, "forkfollow.dll", SearchOption.AllDirectories).Length > 0);
        Assert.Empty(Directory.GetFiles(tools, "*.dbg", SearchOption.AllDirectories));
    }

    [SkippableFact]
    public async Task A_machine_that_we_do_not_compile_for_has_the_managed_tool()
    {
        Machine.Need(Made is null ? "FORKFOLLOW_PACKAGES does not name what packaging/build.sh has made" : null);
        string any = Assert.Single(Directory.GetFiles(Made!, "ForkFollow.any.*.nupkg"));
        string folder = Path.Combine(_program.Folder, "any");
        await ZipFile.ExtractToDirectoryAsync(any, folder);
        string assembly = Assert.Single(Directory.GetFiles(folder, "forkfollow.dll", SearchOption.AllDirectories));
        Ended ended = await ForkFollowProgram.RunAnyAsync("dotnet", [assembly, "-q", "-o", _program.Results, "--", "/bin/sh", "-c", "exit 4"]);
        Assert.Equal(new Ended(4, "", ""), ended);
        Assert.True(File.Exists(Path.Combine(_program.Results, "report.html")));
    }

    [SkippableFact]
    public async Task The_archive_is_whole_and_its_program_needs_nothing_beside_it()
    {
        Machine.Need(Made is null ? "FORKFOLLOW_PACKAGES does not name what packaging/build.sh has made" : null);
        string machine = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
        string archive = Assert.Single(Directory.GetFiles(Made!, $"forkfollow-*-{machine}.tar.gz"));
        string name = Path.GetFileName(archive)[..^".tar.gz".Length];
        Ended checkedSums = await ForkFollowProgram.RunAnyAsync("sha256sum", ["--check", "--strict", name + ".sha256"], Made);
        Assert.True(checkedSums.Status == 0, checkedSums.Output + checkedSums.Errors);

        Assert.Equal(0, (await ForkFollowProgram.RunAnyAsync("tar", ["-xzf", archive, "-C", _program.Folder])).Status);
        string top = Path.Combine(_program.Folder, name);
        Assert.Equal(
            [
                "bin/forkfollow", "lib/systemd/system/forkfollow.service", "share/bash-completion/completions/forkfollow",
                "share/doc/forkfollow/LICENSE", "share/doc/forkfollow/appsettings.json", "share/fish/vendor_completions.d/forkfollow.fish",
                "share/man/man1/forkfollow.1", "share/zsh/site-functions/_forkfollow",
            ],
            Directory.GetFiles(top, "*", SearchOption.AllDirectories).Select(file => file[(top.Length + 1)..]).Order(StringComparer.Ordinal));
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "env", ["-i", Path.Combine(top, "bin/forkfollow"), "-q", "-o", _program.Results, "--format", "all", "--", "/bin/sh", "-c", "exit 4"]);
        Assert.Equal(new Ended(4, "", ""), ended);
        Assert.True(File.Exists(Path.Combine(_program.Results, "report.html")));
    }

    [Theory]
    [InlineData("Follower")]
    [InlineData("Collectors")]
    [InlineData("Service")]
    public async Task A_library_has_what_a_package_should_have(string project)
    {
        string packages = await PackAsync(project);
        string file = Assert.Single(Directory.GetFiles(packages, "*.nupkg"));
        Assert.Single(Directory.GetFiles(packages, "*.snupkg"));
        using ZipArchive package = ZipFile.OpenRead(file);
        string[] entries = [.. package.Entries.Select(entry => entry.FullName)];
        Assert.Contains("README.md", entries);
        Assert.Contains($"lib/net10.0/ForkFollow.{project}.dll", entries);
        Assert.Contains($"lib/net10.0/ForkFollow.{project}.xml", entries);
        using Stream stream = package.GetEntry($"ForkFollow.{project}.nuspec")!.Open();
        XElement metadata = XDocument.Load(stream).Root!.Elements().Single(one => one.Name.LocalName == "metadata");
        Assert.Equal("MIT", Value("license"));
        Assert.Equal("README.md", Value("readme"));
        Assert.NotEqual("Package Description", Value("description"));

        string Value(string name) => metadata.Elements().Single(one => one.Name.LocalName == name).Value;
    }

    [SkippableFact]
    public async Task The_unit_has_no_fault_that_systemd_finds()
    {
        Machine.Need(Machine.Tool("systemd-analyze"));
        string unit = await File.ReadAllTextAsync(Path.Combine(_repository, "packaging", "forkfollow.service"));
        string here = Path.Combine(_program.Folder, "forkfollow.service");
        await File.WriteAllTextAsync(here, unit.Replace("/usr/local/bin/forkfollow", ForkFollowProgram.Path_, StringComparison.Ordinal));
        Ended ended = await ForkFollowProgram.RunAnyAsync("systemd-analyze", ["verify", here]);
        Assert.Equal(new Ended(0, "", ""), ended);
    }

    private async Task<string> PackAsync(string project, params string[] properties)
    {
        string packages = Path.Combine(_program.Folder, "packages");
        Ended packed = await ForkFollowProgram.RunAnyAsync(
            "dotnet",
            ["pack", Path.Combine(_repository, "src", project), "-c", _configuration, "--no-build", "-o", packages, "-nodeReuse:false", .. properties], _repository);
        Assert.True(packed.Status == 0, packed.Output + packed.Errors);
        return packages;
    }
}
