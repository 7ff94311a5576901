using Xunit;

namespace ForkFollow.Architecture;

/// <summary>The code in src keeps to <see cref="Rules"/>. What is meant is there, what is found is in the messages.</summary>
public sealed class ArchitectureTests
{
    private static readonly SourceFolder _source = new(SourceFolder.ThisRepository);

    // Some seconds: once for all tests.
    private static readonly Lazy<Codebase> _code = new(_source.Read);

    public static TheoryData<string> Projects => [.. _source.ProjectNames];

    public static TheoryData<string> RestrictedFunctions => [.. Rules.MayCall.Keys];

    [Fact]
    public void Projects_have_no_cycle() => None(Checks.ProjectCycles(_code.Value));

    [Fact]
    public void Projects_refer_to_and_use_only_what_they_may() => None(Checks.ForbiddenReferences(_code.Value, Rules.MayUse));

    [Fact]
    public void No_project_uses_another_without_a_reference() => None(Checks.UsesWithoutReference(_code.Value));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_have_no_cycle(string project) => None(Checks.FolderCycles(_code.Value, project));

    [Fact]
    public void Internals_are_shown_to_tests_alone() => None(Checks.Friends(_code.Value, _source.TestAssemblies()));

    [Fact]
    public void C_is_bound_in_one_project()
    {
        Assert.NotEmpty(_code.Value.NativeDeclarations);
        None(Checks.NativeDeclarations(_code.Value, Rules.Native));
    }

    [Theory]
    [MemberData(nameof(RestrictedFunctions))]
    public void Some_functions_of_C_are_called_only_by_who_may(string function)
    {
        // Else the rule is about a name that is gone.
        Assert.Contains(_code.Value.NativeCalls, call => call.Function == function);
        None(Checks.NativeCalls(_code.Value, function, Rules.MayCall[function]));
    }

    private static void None(IEnumerable<string> faults)
    {
        string[] all = [.. faults];
        Assert.True(all.Length == 0, string.Join('\n', all));
    }
}
