using ForkFollow.Native;
using ForkFollow.Symbols;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// Executables that were opened while their processes were held at their exec, so that they are there when they were
/// removed since (a test that is compiled, run and deleted). The last 64 of them. Reader thread.
/// </summary>
internal sealed class OfferedFiles : IDisposable
{
    private const int Most = 64;

    private readonly Queue<Offer> _offers = new();

    internal void Add(SafeFileHandle file)
    {
        if (!RegularFile.TryIdentify(file, out FileIdentity identity, out _))
        {
            file.Dispose();
            return;
        }

        if (_offers.Count == Most)
            _offers.Dequeue().File?.Dispose();
        _offers.Enqueue(new() { File = file, Identity = identity });
    }

    /// <summary>The file that was mapped, which is the caller's from then on; null if it is not there.</summary>
    internal SafeFileHandle? Take(MappedFile mapped)
    {
        foreach (Offer offer in _offers)
        {
            if (offer.File is { } file && mapped.Inode.Is(offer.Identity))
            {
                offer.File = null;
                return file;
            }
        }

        return null;
    }

    public void Dispose()
    {
        while (_offers.TryDequeue(out Offer? offer))
            offer.File?.Dispose();
    }

    private sealed class Offer
    {
        internal SafeFileHandle? File { get; set; }

        internal required FileIdentity Identity { get; init; }
    }
}
