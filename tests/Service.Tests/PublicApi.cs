using System.Reflection;
using System.Text;

namespace ForkFollow.Service.Tests;

/// <summary>Lists what an assembly lets others use, in a form that a person can compare: a line for each type and member.</summary>
internal static class PublicApi
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext _nullability = new();

    internal static string List(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Describe(type)).Append('\n');
            foreach (string member in Members(type).Order(StringComparer.Ordinal))
                text.Append("    ").Append(member).Append('\n');
        }

        return text.ToString();
    }

    private static string Describe(Type type)
    {
        string kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => type.IsByRefLike ? "ref struct" : "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        IEnumerable<Type> above = type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []);
        if (type is { IsClass: true } && type.BaseType is { } parent && parent != typeof(object))
            above = above.Prepend(parent);
        string[] names = type.IsEnum ? [] : [.. above.Select(Name).Order(StringComparer.Ordinal)];
        return $"{kind} {type.Namespace}.{Name(type)}{(names.Length > 0 ? " : " + string.Join(", ", names) : "")}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name))}");
        return type.GetConstructors(All).Where(IsVisible).Select(one => $"new({Parameters(one)})")
            .Concat(type.GetMethods(All).Where(one => IsVisible(one) && !one.IsSpecialName && !IsOfRecord(one)).Select(Method))
            .Concat(type.GetProperties(All).Where(one => one.GetAccessors(nonPublic: true).Any(IsVisible) && one.Name != "EqualityContract")
                .Select(Property))
            .Concat(type.GetFields(All).Where(one => one is { IsPublic: true } or { IsFamily: true }).Select(one =>
                $"{(one.IsLiteral ? "const " : one.IsStatic ? "static " : "")}{Name(one.FieldType)} {one.Name}{(one.IsLiteral ? " = " + one.GetRawConstantValue() : "")}"))
            .Concat(type.GetEvents(All).Where(one => IsVisible(one.AddMethod!)).Select(one => $"event {Name(one.EventHandlerType!)} {one.Name}"));
    }

    private static string Method(MethodInfo method)
    {
        string how = method switch
        {
            _ when method.DeclaringType!.IsInterface => method.IsAbstract ? "" : "default ",
            { IsStatic: true } => "static ",
            { IsAbstract: true } => "abstract ",
            { IsVirtual: true, IsFinal: false } => method.GetBaseDefinition() == method ? "virtual " : "override ",
            _ => "",
        };
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
        return $"{(method.IsFamily ? "protected " : "")}{how}{Name(method.ReturnType)}{Null(_nullability.Create(method.ReturnParameter))} {method.Name}{generic}({Parameters(method)})";
    }

    private static string Property(PropertyInfo property)
    {
        bool get = property.GetMethod is { } getter && IsVisible(getter);
        bool set = property.SetMethod is { } setter && IsVisible(setter);
        bool init = set && property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers()
            .Any(one => one.Name == "IsExternalInit");
        string how = (property.GetMethod ?? property.SetMethod) switch
        {
            { IsStatic: true } => "static ",
            { IsAbstract: true } when !property.DeclaringType!.IsInterface => "abstract ",
            { IsVirtual: true, IsFinal: false } when !property.DeclaringType!.IsInterface => "virtual ",
            _ => "",
        };
        return $"{how}{Name(property.PropertyType)}{Null(_nullability.Create(property))} {property.Name} {{ {(get ? "get; " : "")}{(init ? "init; " : set ? "set; " : "")}}}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(one =>
        $"{(one.IsOut ? "out " : one.IsIn ? "in " : "")}{Name(one.ParameterType)}{Null(_nullability.Create(one))} {one.Name}{(one.HasDefaultValue ? " = " + (one.DefaultValue ?? "default") : "")}"));

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    /// <summary>What the compiler writes for each record.</summary>
    private static bool IsOfRecord(MethodInfo method) =>
        method.DeclaringType!.GetMethod("<Clone>$") is not null
        && method.Name is "<Clone>$" or "PrintMembers" or "Equals" or "GetHashCode" or "ToString" or "Deconstruct";

    /// <summary>Whether null may come out, or go in where nothing comes out.</summary>
    private static string Null(NullabilityInfo info)
    {
        Type type = info.Type.IsByRef ? info.Type.GetElementType()! : info.Type;
        bool canBe = info.ReadState == NullabilityState.Nullable || info.WriteState == NullabilityState.Nullable;
        return canBe && type is { IsValueType: false, IsGenericParameter: false } ? "?" : "";
    }

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        string name = type.IsNested && !type.IsGenericParameter ? $"{Name(type.DeclaringType!)}.{type.Name}" : type.Name;
        return type.IsGenericType ? $"{name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }
}
