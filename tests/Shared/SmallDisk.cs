namespace ForkFollow.Tests;

/// <summary>A file system of a few KiB on a folder, for the time of a test.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;

    /// <summary>Skips the test where it cannot be had.</summary>
    /// <param name="folder">Is made.</param>
    /// <param name="options">What mount -o gets: <c>size=16k</c>, in pages of 4 KiB.</param>
    internal SmallDisk(string folder, string options)
    {
        Machine.Need(Missing);
        _folder = Directory.CreateDirectory(folder).FullName;
        Finished mount = Started.RunAsync("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder).GetAwaiter().GetResult();
        Machine.Need(mount.Status == 0 ? null : $"tmpfs with {options} cannot be mounted here: {mount.Errors.Split('\n')[0]}");
    }

    internal static string? Missing => Machine.Root("to mount a small file system") ?? Machine.Tool("mount") ?? Machine.Tool("umount");

    /// <summary>Also while somebody has a file there open.</summary>
    public void Dispose() => Started.RunAsync("umount", "-l", _folder).GetAwaiter().GetResult();
}
