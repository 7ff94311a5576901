using Xunit;

namespace ForkFollow.Architecture;

/// <summary>The tool finds what uses what.</summary>
public sealed class UseTests
{
    [Fact]
    public void A_type_and_its_members_are_a_use_of_their_folder()
    {
        Codebase code = MadeUp.Code(
            ("P/A/User.cs", "class User { int Get() => Kept.Value + Kept.Value; }"),
            ("P/B/Kept.cs", "static class Kept { public static int Value = 1; public static int Other; }"));

        Assert.Equal(["A → B 2"], code.Folders());
        Assert.Equal(["Kept", "Kept.Value"], code.Names("P/A", "P/B").Order());
    }

    [Fact]
    public void A_nested_folder_is_one_of_its_own_and_the_root_is_a_dot()
    {
        Codebase code = MadeUp.Code(
            ("P/Top.cs", "class Top { Inner? _inner; }"),
            ("P/A/Outer.cs", "class Outer;"),
            ("P/A/B/Inner.cs", "class Inner { Outer? _outer; }"));

        Assert.Equal([". → A/B 1", "A/B → A 1"], code.Folders());
    }

    [Theory]
    [InlineData("class User : Base;")]
    [InlineData("class User { object Get() => new Base(); }")]
    [InlineData("class User { System.Collections.Generic.List<Base>? _all; }")]
    [InlineData("class User { bool Is(object one) => one is Base; }")]
    [InlineData("class User { object Get() => typeof(Base); }")]
    [InlineData("using B = Base; class User { B? _one; }")]
    [InlineData("class User { string Name => nameof(Base); }")]
    public void A_name_is_found_wherever_it_stands(string user) =>
        Assert.Equal(["A → B 1"], MadeUp.Code(("P/A/User.cs", user), ("P/B/Base.cs", "class Base;")).Folders());

    [Theory]
    [InlineData("class User { int Get(One one) => one[0]; }", "One.this[]")]
    [InlineData("class User { One Get(One one) => one + one; }", "One.op_Addition")]
    [InlineData("class User { int Get(One one) => one.Twice(); }", "More.Twice")]
    [InlineData("class User { int Get(One one) => one.Thrice(); }", "More.Thrice")]
    [InlineData("class User { bool Is(One one) => one is { Value: 1 }; }", "One.Value")]
    [InlineData("class User { One Get() => new() { Value = 1 }; }", "One.Value")]
    public void So_is_a_member(string user, string name)
    {
        Codebase code = MadeUp.Code(
            ("P/A/User.cs", user),
            ("P/B/One.cs", "class One { public int Value; public int this[int i] => i; public static One operator +(One a, One b) => a; }"),
            ("P/B/More.cs", "static class More { public static int Twice(this One one) => 2; extension(One one) { public int Thrice() => 3; } }"));

        Assert.Contains(name, code.Names("P/A", "P/B"));
    }

    [Theory]
    [InlineData("/// <summary>See <see cref=\"Base\"/>.</summary>\nclass User;")]
    [InlineData("// Base\nclass User { string Name => \"Base\"; }")]
    [InlineData("class User { int Base; int Get() => Base; }")]
    [InlineData("class User { Unknown Get(Unknown one) => one.Base(); }")]
    public void Comments_other_things_of_that_name_and_what_is_unknown_are_no_use(string user) =>
        Assert.Empty(MadeUp.Code(("P/A/User.cs", user), ("P/B/Base.cs", "class Base;")).Folders());

    [Fact]
    public void Implicit_and_project_wide_usings_are_known()
    {
        Codebase code = MadeUp.Code(
            [MadeUp.Parse("P", "<ItemGroup><Using Include='Deep.Down' /></ItemGroup>")],
            ("P/A/User.cs", "class User { object Get(List<int> all) => all.Select(one => new Kept()).First().Value; }"),
            ("P/B/Kept.cs", "namespace Deep.Down; class Kept { public int Value; }"));

        Assert.Equal(["A → B 2"], code.Folders());
    }

    [Fact]
    public void A_member_of_a_partial_class_belongs_to_the_part_that_declares_it()
    {
        Codebase code = MadeUp.Code(
            ("P/User/User.cs", "class User { int Open() => LibC.open() + new LibC(1).Held; void Close() => global::LibC.close(); }"),
            ("P/Files/fcntl.cs", "partial class LibC { public static int open() => errno; }"),
            ("P/More/unistd.cs", "partial class LibC { public static void close() { } public int Held; public LibC(int held) => Held = held; }"),
            ("P/Base/errno.cs", "partial class LibC { public static int errno; }"));

        Assert.Equal(["Files → Base 1", "User → Files 1", "User → More 3"], code.Folders());
        Assert.Equal(["LibC.open"], code.Names("P/User", "P/Files"));
    }

    [Fact]
    public void A_partial_class_as_such_is_the_part_at_hand_or_that_of_its_name()
    {
        Codebase code = MadeUp.Code(
            ("P/A/Split.More.cs", "partial class Split { Split? _next; }"),
            ("P/B/Split.cs", "partial class Split { }"),
            ("P/C/User.cs", "class User { Split? _one; }"));

        Assert.Equal(["C → B 1"], code.Folders());
    }

    [Fact]
    public void Of_a_name_that_two_projects_have_it_is_ones_own()
    {
        Codebase code = MadeUp.Code(
            [MadeUp.Project("P"), MadeUp.Project("Q")],
            ("P/A/Kept.cs", "class Kept { public static int Value; }"),
            ("P/B/User.cs", "class User { Kept? _kept; int Get() => Kept.Value; }"),
            ("Q/Kept.cs", "class Kept { public static int Value; }"));

        Assert.Equal(["B → A 2"], code.Folders());
        Assert.Empty(code.UsesWithoutReference());
    }

    [Fact]
    public void A_project_file_is_read_for_what_it_refers_to_and_whom_it_trusts()
    {
        SourceProject project = MadeUp.Parse("P", """
            <PropertyGroup><AssemblyName>Made.P</AssemblyName></PropertyGroup>
            <ItemGroup>
              <ProjectReference Include="../Q/Q.csproj;..\R\R.csproj" />
              <ProjectReference Include="../Order/Order.csproj" ReferenceOutputAssembly="false" />
              <InternalsVisibleTo Include="$(AssemblyName).Tests" />
            </ItemGroup>
            """);

        Assert.Equal(["Q", "R"], project.References);
        Assert.Equal("Made.P", project.AssemblyName);
        Assert.Equal(["Made.P.Tests"], project.Friends);
    }
}
