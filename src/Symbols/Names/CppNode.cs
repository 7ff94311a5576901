namespace ForkFollow.Symbols;

/// <summary>What a <see cref="CppNode"/> is; in comments how it is written of its parts.</summary>
internal enum CppKind
{
    /// <summary>Text.</summary>
    Text,

    /// <summary>All of Items, one behind the other.</summary>
    Sequence,

    /// <summary>A::B.</summary>
    Qualified,

    /// <summary>A::B where A is a function.</summary>
    Local,

    /// <summary>A&lt;Items&gt;.</summary>
    Template,

    /// <summary>Return type A or null, name B, parameters Items, qualifiers Text.</summary>
    Encoding,

    /// <summary>Return type A or null, parameters Items, qualifiers Text.</summary>
    Function,

    /// <summary>A and a symbol: *, &amp; or &amp;&amp; in Text.</summary>
    Pointer,

    /// <summary>A and qualifiers in Text.</summary>
    Qualifiers,

    /// <summary>Elements A, dimension B.</summary>
    Array,

    /// <summary>Class A, member B.</summary>
    MemberPointer,

    /// <summary>Text and A: a constructor or destructor of what A ends with.</summary>
    Structor,

    /// <summary>operator A.</summary>
    Conversion,

    /// <summary>Items: the arguments that a pack has. Where a pack is expanded, one of them at a time.</summary>
    Pack,

    /// <summary>A for all arguments of the packs in it.</summary>
    Expansion,

    /// <summary>A[abi:Text].</summary>
    Tagged,

    /// <summary>A, which is filled in later: the template argument that a conversion operator's type refers to.</summary>
    Forward,

    /// <summary>Items with commas between.</summary>
    List,

    /// <summary>The number of arguments of the pack A.</summary>
    PackSize,
}

/// <summary>A part of a C++ name. Parts are shared: a graph without cycles, except through what a Forward refers to.</summary>
internal sealed class CppNode
{
    internal CppNode(CppKind kind, CppNode? a = null, CppNode? b = null, string text = "", List<CppNode>? items = null) =>
        (Kind, A, B, Text, Items) = (kind, a, b, text, items ?? []);

    internal CppNode(string text)
        : this(CppKind.Text, text: text)
    {
    }

    internal CppKind Kind { get; }

    internal CppNode? A { get; set; }

    internal CppNode? B { get; }

    internal string Text { get; }

    internal List<CppNode> Items { get; }

    /// <summary>For std::string and its like, the class that constructors are named after.</summary>
    internal string? BaseName { get; init; }
}
