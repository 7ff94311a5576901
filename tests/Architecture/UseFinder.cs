using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ForkFollow.Architecture;

/// <summary>
/// Finds for each name that is written in the code where that name is declared. Not counted: names in comments (a reader may be
/// sent anywhere) and in using directives (their use is what counts), and what is used without being named, as the type of a var
/// that is only passed on.
/// </summary>
internal sealed class UseFinder(Compilation compilation, IReadOnlyDictionary<SyntaxTree, Place> places, IReadOnlyList<SourceProject> projects)
{
    private readonly ILookup<string, string> _references = projects
        .SelectMany(project => project.References.Select(to => (project.Name, to))).ToLookup(pair => pair.Name, pair => pair.to);

    internal ConcurrentBag<Use> Uses { get; } = [];

    internal ConcurrentBag<NativeUse> NativeCalls { get; } = [];

    internal ConcurrentBag<NativeUse> NativeDeclarations { get; } = [];

    /// <summary>InternalsVisibleTo that is written in code.</summary>
    internal ConcurrentBag<(string Project, string Assembly)> Friends { get; } = [];

    internal void Run() => Parallel.ForEach(places, pair => Read(pair.Key, pair.Value));

    private void Read(SyntaxTree tree, Place place)
    {
        SemanticModel model = compilation.GetSemanticModel(tree);
        foreach (SyntaxNode node in tree.GetRoot().DescendantNodes(node => node is not UsingDirectiveSyntax))
        {
            if (node is AttributeSyntax attribute)
                Read(attribute, place);
            if (!MayBind(node) || Meaning(model, node, place) is not { } symbol)
                continue;
            if (IsNative(symbol))
                NativeCalls.Add(new(place, Line(node), symbol.Name));
            if (Declaration(symbol, node, model, place) is { } declared)
                Uses.Add(new(place, Line(node), declared, NameOf(symbol)));
        }
    }

    private void Read(AttributeSyntax attribute, Place place)
    {
        string name = attribute.Name.ToString().Split('.')[^1];
        if (name.EndsWith("Attribute", StringComparison.Ordinal))
            name = name[..^"Attribute".Length];
        if (name is "DllImport" or "LibraryImport")
            NativeDeclarations.Add(new(place, Line(attribute), attribute.FirstAncestorOrSelf<MethodDeclarationSyntax>()?.Identifier.Text ?? "?"));
        if (name == "InternalsVisibleTo" && attribute.ArgumentList?.Arguments[0].Expression is LiteralExpressionSyntax friend)
            Friends.Add((place.Project, friend.Token.ValueText.Split(',')[0]));
    }

    /// <summary>Names, and what calls a member without one: constructors, indexers, operators.</summary>
    private static bool MayBind(SyntaxNode node) => node switch
    {
        IdentifierNameSyntax { IsVar: true } => false,
        SimpleNameSyntax => true,
        BaseObjectCreationExpressionSyntax or ConstructorInitializerSyntax or PrimaryConstructorBaseTypeSyntax => true,
        ElementAccessExpressionSyntax or ElementBindingExpressionSyntax => true,
        BinaryExpressionSyntax or PrefixUnaryExpressionSyntax or PostfixUnaryExpressionSyntax or CastExpressionSyntax => true,
        AssignmentExpressionSyntax assignment => !assignment.IsKind(SyntaxKind.SimpleAssignmentExpression),
        _ => false,
    };

    /// <summary>
    /// What a node means, as it was declared. Where the compiler is not sure, since an argument is of an unknown type or a name is
    /// declared in two projects: what is nearest.
    /// </summary>
    private ISymbol? Meaning(SemanticModel model, SyntaxNode node, Place place)
    {
        SymbolInfo info = model.GetSymbolInfo(node);
        ISymbol? symbol = info.Symbol ?? info.CandidateSymbols.MinBy(candidate => Distance(candidate, place));
        if (symbol is IMethodSymbol { ReducedFrom: { } extension })
            symbol = extension;
        symbol = symbol?.OriginalDefinition;
        return symbol switch
        {
            // The names of a tuple's parts and of an anonymous type are of no file.
            { ContainingType: { IsTupleType: true } or { IsAnonymousType: true } } => null,
            INamedTypeSymbol type when type.TypeKind == TypeKind.Error || type.IsTupleType || type.IsAnonymousType => null,
            IMethodSymbol { MethodKind: MethodKind.LocalFunction or MethodKind.AnonymousFunction or MethodKind.BuiltinOperator } => null,
            INamedTypeSymbol or IMethodSymbol or IPropertySymbol or IFieldSymbol or IEventSymbol => symbol,
            _ => null,
        };
    }

    private int Distance(ISymbol candidate, Place place) =>
        candidate.DeclaringSyntaxReferences.Select(part => places.GetValueOrDefault(part.SyntaxTree)).OfType<Place>()
            .Select(declared => Distance(declared, place)).DefaultIfEmpty(int.MaxValue).Min();

    private int Distance(Place declared, Place place) => declared.Node == place.Node ? 0
        : declared.Project == place.Project ? 1
        : _references[place.Project].Contains(declared.Project) ? 2
        : 3;

    /// <summary>
    /// The file that declares <paramref name="symbol"/>, if it is one of ours. A member belongs to the part of the class in which it
    /// stands, whatever other parts there are. A class in several folders that is named only on the way to such a member is not a
    /// use of its own; else the part in our own folder is meant, or the one in the file of its name.
    /// </summary>
    private Place? Declaration(ISymbol symbol, SyntaxNode node, SemanticModel model, Place place)
    {
        // A default constructor, or what the compiler adds to a record, is the type's.
        while (symbol.DeclaringSyntaxReferences.IsEmpty && symbol.ContainingType is { } container && symbol is not INamedTypeSymbol)
            symbol = container;
        Place[] parts = [.. symbol.DeclaringSyntaxReferences.Select(part => places.GetValueOrDefault(part.SyntaxTree)).OfType<Place>()];
        if (parts.DistinctBy(part => part.Node).Count() <= 1)
            return parts.FirstOrDefault();
        if (symbol is INamedTypeSymbol type && LedTo(node) is { } next && Meaning(model, next, place) is { IsImplicitlyDeclared: false } member
            && SymbolEqualityComparer.Default.Equals(member.ContainingType, type))
        {
            return null;
        }

        return parts.MinBy(part => (Distance(part, place), Path.GetFileNameWithoutExtension(part.Path) != symbol.Name, part.Path.Length, part.Path));
    }

    /// <summary>What a type is named for: the member in Type.Member, the constructor in new Type().</summary>
    private static SyntaxNode? LedTo(SyntaxNode name)
    {
        SyntaxNode whole = name.Parent switch
        {
            MemberAccessExpressionSyntax access when access.Name == name => access,
            QualifiedNameSyntax qualified when qualified.Right == name => qualified,
            AliasQualifiedNameSyntax alias when alias.Name == name => alias,
            _ => name,
        };
        return whole.Parent switch
        {
            MemberAccessExpressionSyntax access when access.Expression == whole => access.Name,
            QualifiedNameSyntax qualified when qualified.Left == whole => qualified.Right,
            ObjectCreationExpressionSyntax creation when creation.Type == whole => creation,
            _ => null,
        };
    }

    // Also of a package that binds C, whose methods are compiled already; and what wraps a call in the class of the calls.
    private static bool IsNative(ISymbol symbol) => symbol is IMethodSymbol { MethodKind: MethodKind.Ordinary } method
        && (method.IsExtern || method.ContainingType.Name == "LibC"
            || method.GetAttributes().Any(one => one.AttributeClass?.Name is "LibraryImportAttribute" or "DllImportAttribute"));

    private static string NameOf(ISymbol symbol)
    {
        string own = symbol switch
        {
            IMethodSymbol { MethodKind: MethodKind.Constructor } => "",
            IPropertySymbol { IsIndexer: true } => "this[]",
            _ => symbol.Name,
        };
        return symbol.ContainingType is not { } type ? own
            : own.Length == 0 ? NameOf(type)
            : NameOf(type) is { Length: > 0 } outer ? $"{outer}.{own}"
            : own;
    }

    private static int Line(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
}
