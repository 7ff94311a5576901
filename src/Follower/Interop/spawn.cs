using System.Runtime.InteropServices;

namespace ForkFollow.Follower.Interop;

/// <summary>posix_spawnattr_t, opaque: 336 bytes in glibc and musl.</summary>
[StructLayout(LayoutKind.Sequential, Size = 336)]
internal struct posix_spawnattr_t;

/// <summary>posix_spawn_file_actions_t, opaque: 80 bytes in glibc and musl.</summary>
[StructLayout(LayoutKind.Sequential, Size = 80)]
internal struct posix_spawn_file_actions_t;

/// <summary>spawn.h. Every function returns 0 or an errno; errno itself is not set.</summary>
internal static unsafe partial class LibC
{
    internal const short POSIX_SPAWN_SETSIGDEF = 0x04;

    [LibraryImport(Library)]
    internal static partial int posix_spawn(
        int* pid, byte* path, posix_spawn_file_actions_t* actions, posix_spawnattr_t* attributes, byte** argv, byte** envp);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_init(posix_spawn_file_actions_t* actions);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t* actions);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_addopen(
        posix_spawn_file_actions_t* actions, int fd, byte* path, int flags, uint mode);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_addclose(posix_spawn_file_actions_t* actions, int fd);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_init(posix_spawnattr_t* attributes);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_destroy(posix_spawnattr_t* attributes);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setflags(posix_spawnattr_t* attributes, short flags);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setsigdefault(posix_spawnattr_t* attributes, sigset_t* signals);
}
