using System.Reflection;
using ForkFollow.Collectors;
using ForkFollow.Follower;
using ForkFollow.Service;

namespace ForkFollow.Host.Tests;

/// <summary>Host → Service → Collectors → Follower, never back; and nobody but the follower traces or waits.</summary>
public sealed class LayersTests
{
    private static readonly Assembly _follower = typeof(FollowSession).Assembly;
    private static readonly Assembly _collectors = typeof(Collector).Assembly;
    private static readonly Assembly _service = typeof(FollowService).Assembly;
    private static readonly Assembly _host = typeof(FollowLifetime).Assembly;

    [Fact]
    public void References_go_down_only()
    {
        Assembly[] upwards = [_follower, _collectors, _service, _host];
        for (int lower = 0; lower < upwards.Length - 1; lower++)
        {
            Assert.Contains(Named(upwards[lower]), References(upwards[lower + 1]));
            Assert.All(upwards[(lower + 1)..], higher => Assert.DoesNotContain(Named(higher), References(upwards[lower])));
        }
    }

    [Fact]
    public void Native_calls_are_in_interop_alone_and_internal()
    {
        foreach (Assembly assembly in (Assembly[])[_follower, _collectors, _service, _host])
        {
            IEnumerable<MethodInfo> native = assembly.GetTypes()
                .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                .Where(method => method.Attributes.HasFlag(MethodAttributes.PinvokeImpl));
            Assert.All(native, method =>
            {
                Assert.EndsWith(".Interop", method.DeclaringType!.Namespace, StringComparison.Ordinal);
                Assert.False(method.DeclaringType.IsVisible);
            });
        }
    }

    [Theory]
    [InlineData("ptrace")]
    [InlineData("waitid")]
    [InlineData("wait4")]
    [InlineData("posix_spawn")]
    public void Only_the_follower_controls_processes(string function)
    {
        Assert.Contains(function, Imports(_follower));
        Assert.DoesNotContain(function, Imports(_collectors));
        Assert.DoesNotContain(function, Imports(_service));
        Assert.DoesNotContain(function, Imports(_host));
    }

    /// <summary>What the user sees is the command's: a library that writes to his terminal would write over its host's.</summary>
    [Theory]
    [InlineData("write")]
    [InlineData("isatty")]
    [InlineData("_exit")]
    public void Only_the_command_writes_to_the_terminal_and_exits(string function)
    {
        Assert.Contains(function, Imports(_host));
        Assert.DoesNotContain(function, Imports(_service));
    }

    private static string Named(Assembly assembly) => assembly.GetName().Name!;

    private static IEnumerable<string> References(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(name => name.Name!);

    private static IEnumerable<string> Imports(Assembly assembly) => assembly.GetTypes()
        .Where(type => type.Name == "LibC")
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic))
        .Select(method => method.Name);
}
