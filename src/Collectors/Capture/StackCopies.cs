using System.Runtime.InteropServices;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Capture;

/// <summary>A sample whose user stack is still to be unwound.</summary>
/// <param name="Time">When.</param>
/// <param name="Thread">The number of its thread in the recording.</param>
/// <param name="Snapshot">Where its code was.</param>
/// <param name="Jit">The module of the code that its process made itself; -1 if there was none.</param>
/// <param name="Top">The innermost user frame, by its number.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct CopiedSample(long Time, int Thread, int Snapshot, int Jit, int Top);

/// <summary>
/// Copies of stacks, kept on disk until the run has ended: 99 samples a second of 8 KiB on each CPU are 0.8 MB/s, too much
/// for memory. The file is ours alone and has no name, since stacks hold secrets: nothing is left behind however we end.
/// <code>
/// Entry, then ints: frames in the kernel; then longs: user registers in DWARF order; then bytes: the stack
/// </code>
/// One thread at a time.
/// </summary>
internal sealed unsafe class StackCopies : IDisposable
{
    private const int BufferSize = 256 * 1024;

    /// <summary>A record of a ring is shorter than 64 KiB, and nothing grows.</summary>
    private const int MostBytes = 128 * 1024;

    /// <summary>So much is left free for the results: they come after this file.</summary>
    private const long Reserve = 32 << 20;

    private readonly ResultDirectory _directory;
    private readonly Action<string> _report;
    private readonly byte[] _buffer = new byte[BufferSize];
    private ResultFile? _file;
    private bool _failed;
    private byte[] _tail = [];
    private long _written;
    private long _read;
    private int _start;
    private int _end;

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        internal CopiedSample Sample;
        internal int KernelFrames;
        internal int Registers;
        internal int StackBytes;

        internal readonly int Length =>
            sizeof(Entry) + (KernelFrames * sizeof(int)) + (Registers * sizeof(ulong)) + StackBytes;
    }

    /// <param name="directory">The result directory. The file is made when there is something to write.</param>
    /// <param name="report">Takes one line if the file cannot be written or read.</param>
    internal StackCopies(ResultDirectory directory, Action<string> report)
    {
        _directory = directory;
        _report = report;
    }

    /// <summary>Appends a sample. False if the file could not be written: then it takes no more, which was said.</summary>
    internal bool Append(
        in CopiedSample sample, ReadOnlySpan<int> kernelFrames, ReadOnlySpan<ulong> registers, ReadOnlySpan<byte> stack)
    {
        var entry = new Entry
        {
            Sample = sample,
            KernelFrames = kernelFrames.Length,
            Registers = registers.Length,
            StackBytes = stack.Length,
        };
        if (_failed || entry.Length > MostBytes || (_end + entry.Length > BufferSize && !Flush()))
            return false;
        Put(MemoryMarshal.AsBytes(new ReadOnlySpan<Entry>(in entry)));
        Put(MemoryMarshal.AsBytes(kernelFrames));
        Put(MemoryMarshal.AsBytes(registers));
        Put(stack);
        return true;
    }

    /// <summary>Ends writing: samples are read from the first one on.</summary>
    internal void Rewind()
    {
        // What the buffer has needs not be written.
        _tail = _buffer.AsSpan(0, _end).ToArray();
        _start = _end = 0;
    }

    /// <summary>Reads the next sample, which is valid until the next call. False at the end.</summary>
    internal bool TryRead(
        out CopiedSample sample, out ReadOnlySpan<int> kernelFrames, out ReadOnlySpan<ulong> registers,
        out ReadOnlySpan<byte> stack)
    {
        sample = default;
        kernelFrames = default;
        registers = default;
        stack = default;
        if (!Has(sizeof(Entry)))
            return false;
        Entry entry = MemoryMarshal.Read<Entry>(_buffer.AsSpan(_start));
        if (!Has(entry.Length))
            return false;
        sample = entry.Sample;
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start + sizeof(Entry), entry.Length - sizeof(Entry));
        kernelFrames = MemoryMarshal.Cast<byte, int>(bytes[..(entry.KernelFrames * sizeof(int))]);
        bytes = bytes[(entry.KernelFrames * sizeof(int))..];
        registers = MemoryMarshal.Cast<byte, ulong>(bytes[..(entry.Registers * sizeof(ulong))]);
        stack = bytes[(entry.Registers * sizeof(ulong))..];
        _start += entry.Length;
        return true;
    }

    public void Dispose() => _file?.Dispose();

    private void Put(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    private bool Flush()
    {
        try
        {
            if (_directory.FreeBytes < Reserve)
                return Fail("the last 32 MiB are left to the results");
            _file ??= _directory.MakeUnnamed();
            _file.Write(_buffer.AsSpan(0, _end), _written);
            _written += _end;
            _end = 0;
            return true;
        }
        catch (IOException e)
        {
            return Fail(e.Message);
        }
    }

    private bool Fail(string why)
    {
        // The samples before can be read, also what is in the buffer.
        _failed = true;
        _report($"cannot keep copies of stacks in {_directory.Path}: {why}; samples from now on have no callers in user mode, free "
            + "space there, or say --call-graph fp");
        return false;
    }

    /// <summary>Whether so many bytes are in the buffer; reads more of the file if it must.</summary>
    private bool Has(int count)
    {
        if (_end - _start >= count)
            return true;
        Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
        _end -= _start;
        _start = 0;
        int read;
        while (_end < BufferSize && (read = Read(_buffer.AsSpan(_end))) > 0)
        {
            _read += read;
            _end += read;
        }

        return _end >= count;
    }

    /// <summary>Reads on in the file, then in what was never written. Returns 0 at the end.</summary>
    private int Read(Span<byte> target)
    {
        if (_read >= _written)
        {
            ReadOnlySpan<byte> rest = _tail.AsSpan((int)(_read - _written));
            rest = rest[..Math.Min(rest.Length, target.Length)];
            rest.CopyTo(target);
            return rest.Length;
        }

        try
        {
            int count = (int)Math.Min(target.Length, _written - _read);
            return _file!.Read(target[..count], _read);
        }
        catch (IOException e)
        {
            _report($"cannot read copies of stacks in {_directory.Path}: {e.Message}; the samples after that are lost");
            return 0;
        }
    }
}
