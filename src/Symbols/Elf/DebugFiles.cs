using ForkFollow.Native;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols;

/// <summary>
/// Finds the separate debug file of a stripped one, where gdb looks: by build id, then by .gnu_debuglink, each first in
/// the target's root and then in ours. A build id must match; where the two files do not both have one, the CRC must
/// (it needs all of the file to be read). Any thread; nothing throws.
/// </summary>
internal static class DebugFiles
{
    private const string Global = "/usr/lib/debug";
    private const ulong MaxCrcFile = 512UL << 20;

    /// <summary>The debug file, open, with its headers; null if there is none that fits.</summary>
    internal static (SafeFileHandle File, ByteSource Source, ElfImage Image)? Find(
        ElfImage of, string path, TargetRoot root)
    {
        foreach (string candidate in Candidates(of, path))
        {
            foreach (TargetRoot one in root.IsOwn ? [root] : new[] { root, TargetRoot.Own })
            {
                if (Open(of, candidate, one) is { } found)
                    return found;
            }
        }

        return null;
    }

    private static IEnumerable<string> Candidates(ElfImage of, string path)
    {
        if (of.BuildId.Length > 2)
            yield return $"{Global}/.build-id/{of.BuildId[..2]}/{of.BuildId[2..]}.debug";
        if (of.DebugLink is null || !path.StartsWith('/'))
            yield break;
        string folder = path[..path.LastIndexOf('/')];
        yield return $"{folder}/{of.DebugLink.Name}";
        yield return $"{folder}/.debug/{of.DebugLink.Name}";
        yield return $"{Global}{folder}/{of.DebugLink.Name}";
    }

    private static (SafeFileHandle File, ByteSource Source, ElfImage Image)? Open(ElfImage of, string path, TargetRoot root)
    {
        SafeFileHandle? file = root.Open(path, out _);
        if (file is null)
            return null;
        if (RegularFile.TryIdentify(file, out FileIdentity identity, out _))
        {
            var source = new ByteSource(file, identity.Size);
            ElfImage? image = ElfImage.Read(source, out _);
            if (image is not null && ElfSymbols.HasFullTable(image) && IsOf(of, image, source))
                return (file, source, image);
        }

        file.Dispose();
        return null;
    }

    private static bool IsOf(ElfImage of, ElfImage debug, ByteSource source)
    {
        if (of.BuildId.Length > 0 && debug.BuildId.Length > 0)
            return of.BuildId == debug.BuildId;
        return of.DebugLink is not null && source.Length <= MaxCrcFile && Crc32.Of(source) == of.DebugLink.Crc;
    }
}
