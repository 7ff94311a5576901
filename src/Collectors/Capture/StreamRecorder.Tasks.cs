using System.Buffers.Binary;
using System.Text;
using ForkFollow.Collectors.Perf;
using ForkFollow.Native;

namespace ForkFollow.Collectors.Capture;

/// <summary>Records that tell of processes, threads, names and mappings.</summary>
internal sealed partial class StreamRecorder
{
    public void Seed(ProcessSeed seed)
    {
        if (!_images.TryGetValue(seed.Pid, out ProcessImage? image))
        {
            string name = seed.Threads.FirstOrDefault(thread => thread.Tid == seed.Pid).Name ?? "";
            image = new(seed.Pid, new(), name) { LastSeen = seed.Time };
            _images.Add(seed.Pid, image);
        }

        image.SeesOwnRoot = seed.SeesOwnRoot;
        Link(image, seed.Time);
        image.Code.Clear();
        Map(image, seed.Maps);
        foreach ((int tid, string name) in seed.Threads)
        {
            ThreadImage thread = image.Thread(tid);
            thread.Name = name;
            thread.ForgetOwners();
        }
    }

    // u32 pid, ppid, tid, ptid; u64 time
    private void TakeFork(in PerfRecord record)
    {
        int pid = I32(record.Body, 0);
        int parentPid = I32(record.Body, 4);
        int tid = I32(record.Body, 8);
        if (!_images.TryGetValue(parentPid, out ProcessImage? parent))
        {
            // Not ours. It ends what an earlier process of the same pid has left.
            if (pid != parentPid)
                Retire(pid);
            return;
        }

        if (pid == parentPid)
        {
            int parentTid = I32(record.Body, 12);
            parent.Threads[tid] = new() { Tid = tid, Name = parent.Thread(parentTid).Name };
            return;
        }

        Retire(pid);
        var child = new ProcessImage(pid, parent.Code.Fork(), parent.Name)
        {
            LastSeen = record.Time,
            SeesOwnRoot = parent.SeesOwnRoot,
        };
        child.Threads.Add(tid, new() { Tid = tid, Name = parent.Name });
        _images.Add(pid, child);
    }

    /// <summary>The pid is another process' from now on.</summary>
    private void Retire(int pid)
    {
        if (_images.Remove(pid, out ProcessImage? image) && Link(image, image.LastSeen) is { } result)
            Finish(image, result);
    }

    /// <summary>
    /// The image of who gave a sample; null if it is not followed. If its FORK record was lost, it is told by what the
    /// follower knows, and its mappings by what they are now.
    /// </summary>
    private ProcessImage? ImageOf(int pid, long time)
    {
        if (_images.TryGetValue(pid, out ProcessImage? image))
            return image;
        if (_results.FindByPid(pid, time) is not { } result)
            return null;
        image = new(pid, new(), result.Process.Comm) { Result = result };
        _images.Add(pid, image);

        // If it is gone its frames have no names.
        if (!result.Process.TryEnter())
            return image;
        ProcFile.Read(pid, "maps"u8, out byte[] maps);
        result.Process.Leave();
        Map(image, maps);
        return image;
    }

    private void TakeExit(in PerfRecord record)
    {
        // A thread of a process that lives on; the last one goes with its process.
        int tid = I32(record.Body, 8);
        if (_images.TryGetValue(I32(record.Body, 0), out ProcessImage? image) && image.Pid != tid)
            image.Threads.Remove(tid);
    }

    // u32 pid, tid; char comm[]
    private void TakeComm(in PerfRecord record)
    {
        if (!_images.TryGetValue(I32(record.Body, 0), out ProcessImage? image))
            return;
        int tid = I32(record.Body, 4);
        string name = Text(record.Body[8..]);
        if ((record.Header.misc & Linux.PERF_RECORD_MISC_COMM_EXEC) != 0)
        {
            image.Code.Clear();
            EndJit(image);
            foreach (int other in image.Threads.Keys.Where(other => other != tid).ToList())
                image.Threads.Remove(other);
        }

        ThreadImage thread = image.Thread(tid);
        thread.Name = name;
        if (thread.Number >= 0)
            _chunk.ThreadNames.Add(new Results.Protocol.ThreadName { Thread = (uint)thread.Number, Name = name });
        if (tid == image.Pid)
            image.Name = name;
    }

    // u32 pid, tid; u64 addr, len, pgoff; u32 maj, min; u64 ino, ino_generation; u32 prot, flags; char filename[]
    private void TakeMapping(in PerfRecord record)
    {
        if (!_images.TryGetValue(I32(record.Body, 0), out ProcessImage? image))
            return;
        Link(image, record.Time);
        ulong start = U64(record.Body, 8);
        ulong length = U64(record.Body, 16);
        string path = Text(record.Body[64..]);
        ReadOnlySpan<byte> identity = record.Body[32..];
        var file = new MappedFile(
            path, new((uint)I32(identity, 0), (uint)I32(identity, 4), U64(identity, 8), U64(identity, 16)));
        Map(image, start, start + length, U64(record.Body, 24), file);
    }

    private void Map(ProcessImage image, byte[] maps)
    {
        foreach (ProcMapping mapping in ProcMapping.Parse(maps))
            Map(image, mapping.Start, mapping.End, mapping.FileOffset, new(mapping.Path, mapping.Inode));
    }

    private void Map(ProcessImage image, ulong start, ulong end, ulong fileOffset, MappedFile file)
    {
        int module = file.HasCode ? _modules.Intern(file, image, start, end, _chunk) : -1;
        image.Code.Add(new(start, end, fileOffset, module));
    }

    // u64 id, lost; or u64 lost
    private void TakeLost(in PerfRecord record, StreamSource source)
    {
        bool samples = record.Header.type == PerfRecordType.PERF_RECORD_LOST_SAMPLES;
        long lost = (long)U64(record.Body, samples ? 0 : 8);
        if (source.Event.WholeMachine)
        {
            LostOfMachine += lost;
            return;
        }

        // A ring serves all targets on its CPU. Who writes the first record that fits again is who filled it, mostly.
        Lost += lost;
        if (_images.TryGetValue(record.Pid, out ProcessImage? image))
            image.Lost += lost;
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static int I32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
