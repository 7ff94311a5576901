using System.Diagnostics;
using System.Text.Json;

namespace ForkFollow.Service.Tests;

/// <summary>What a program gets that refers to a project of ours: by the very list that its build makes, project.assets.json.</summary>
public sealed class DependencyTests : IDisposable
{
    private const string Sdk = "OpenTelemetry";

    private readonly string _folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_program_that_refers_to_the_service_gets_no_package_of_OpenTelemetry()
    {
        string[] libraries = await LibrariesAsync("Service");
        Assert.Contains("ForkFollow.Service", libraries);
        Assert.Contains("Microsoft.Extensions.Hosting", libraries);
        Assert.DoesNotContain("ForkFollow.Telemetry", libraries);
        Assert.DoesNotContain(libraries, library => library.StartsWith(Sdk, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The same look finds it where it is: so the test above fails once the service, or what it refers to, has it.</summary>
    [Fact]
    public async Task A_program_that_refers_to_telemetry_gets_it_although_it_refers_to_no_package_itself()
    {
        string[] libraries = await LibrariesAsync("Telemetry");
        Assert.Contains("ForkFollow.Service", libraries);
        Assert.Contains("OpenTelemetry.Extensions.Hosting", libraries);
    }

    [Fact]
    public void The_sample_is_built_without_it() =>
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Places.Sample)!, Sdk + "*", SearchOption.AllDirectories));

    /// <summary>All projects and packages that a program gets which refers to one project of ours.</summary>
    private async Task<string[]> LibrariesAsync(string project)
    {
        string program = Path.Combine(_folder, "program.csproj");
        await File.WriteAllTextAsync(program, $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
              </PropertyGroup>
              <ItemGroup>
                <ProjectReference Include="{Places.Repository}/src/{project}/{project}.csproj" />
              </ItemGroup>
            </Project>
            """);

        // The projects it refers to are restored already: they are looked at, and not written.
        Finished restored = await Started.RunAsync(
            new ProcessStartInfo("dotnet", ["restore", program, "--disable-build-servers", "-nodeReuse:false"]), limit: 2 * Wait.Limit);
        Assert.True(restored.Status == 0, restored.Output + restored.Errors);
        using JsonDocument assets = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(_folder, "obj", "project.assets.json")));
        return [.. assets.RootElement.GetProperty("libraries").EnumerateObject().Select(library => library.Name.Split('/')[0])];
    }
}
