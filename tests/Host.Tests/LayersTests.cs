using System.Reflection;
using ForkFollow.Collectors;
using ForkFollow.Follower;

namespace ForkFollow.Host.Tests;

/// <summary>Host → Collectors → Follower, never back; and nobody but the follower traces or waits.</summary>
public sealed class LayersTests
{
    private static readonly Assembly _follower = typeof(FollowSession).Assembly;
    private static readonly Assembly _collectors = typeof(Collector).Assembly;
    private static readonly Assembly _host = typeof(FollowService).Assembly;

    [Fact]
    public void References_go_down_only()
    {
        Assert.DoesNotContain(Named(_collectors), References(_follower));
        Assert.DoesNotContain(Named(_host), References(_follower));
        Assert.DoesNotContain(Named(_host), References(_collectors));
        Assert.Contains(Named(_follower), References(_collectors));
        Assert.Contains(Named(_collectors), References(_host));
    }

    [Fact]
    public void Native_calls_are_in_interop_alone_and_internal()
    {
        foreach (Assembly assembly in (Assembly[])[_follower, _collectors, _host])
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
        Assert.DoesNotContain(function, Imports(_host));
    }

    private static string Named(Assembly assembly) => assembly.GetName().Name!;

    private static IEnumerable<string> References(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(name => name.Name!);

    private static IEnumerable<string> Imports(Assembly assembly) => assembly.GetTypes()
        .Where(type => type.Name == "LibC")
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic))
        .Select(method => method.Name);
}
