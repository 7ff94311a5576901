using Tmds.Linux;

namespace ForkFollow.Native;

/// <summary>
/// Reads files that may block for ever: /proc/PID/cmdline and environ. They are memory of the process, whose mmap_lock the kernel
/// takes for it, and who hangs in mmap(2) on a dead file server holds that until the server is back ("ps hangs"). So another
/// thread reads, and is left behind at the deadline: the wait is a killable one, and keeps neither us nor the process from ending.
/// A page of a FUSE or userfaultfd under the arguments is no such case: since Linux 4.17 other memory than anonymous is not read.
/// <para>Any thread; one reading at a time. A file whose reading hangs is not read again before it has come back.</para>
/// </summary>
public static unsafe class PatientFile
{
    /// <summary>A thousand times what a reading takes on a busy machine.</summary>
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(1);

    private static readonly Lock _lock = new();
    private static readonly Dictionary<string, Reader> _hanging = [];
    private static Reader? _reader;

    /// <summary>How long a reading may take.</summary>
    public static string Deadline => $"{_deadline.TotalSeconds} s";

    /// <summary>Reads a file, or as much of it as there is room for.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="buffer">Takes what is in it.</param>
    /// <param name="length">How much that is.</param>
    /// <returns><see cref="ProcOutcome.Stuck"/> if the deadline has passed, and nothing is read then.</returns>
    public static ProcOutcome Read(string path, Span<byte> buffer, out int length)
    {
        ArgumentNullException.ThrowIfNull(path);
        length = 0;
        lock (_lock)
        {
            if (_hanging.TryGetValue(path, out Reader? hanging) && !hanging.IsBack)
                return ProcOutcome.Stuck;
            _hanging.Remove(path);
            Reader reader = _reader ??= new();
            if (reader.TryRead(path, buffer, out length, out ProcOutcome outcome))
                return outcome;
            _reader = null;
            foreach (string back in _hanging.Where(one => one.Value.IsBack).Select(one => one.Key).ToArray())
                _hanging.Remove(back);
            _hanging[path] = reader;
            return ProcOutcome.Stuck;
        }
    }

    /// <summary>A thread that reads one file after another, until it is left behind.</summary>
    private sealed class Reader
    {
        private readonly object _gate = new();
        private byte[] _buffer = new byte[16 * 1024];
        private string? _path;
        private int _room;
        private int _length;
        private ProcOutcome _outcome;
        private bool _left;

        internal Reader() => new Thread(Run) { Name = "patient reader", IsBackground = true }.Start();

        internal bool IsBack
        {
            get
            {
                lock (_gate)
                    return _path is null;
            }
        }

        /// <summary>False if it does not come back in time; then it serves nobody any more.</summary>
        internal bool TryRead(string path, Span<byte> buffer, out int length, out ProcOutcome outcome)
        {
            long end = Environment.TickCount64 + (long)_deadline.TotalMilliseconds;
            length = 0;
            outcome = ProcOutcome.Stuck;
            lock (_gate)
            {
                _room = buffer.Length;
                _path = path;
                Monitor.Pulse(_gate);
                while (_path is not null)
                {
                    long left = end - Environment.TickCount64;
                    if (left > 0)
                    {
                        Monitor.Wait(_gate, (int)left);
                        continue;
                    }

                    _left = true;
                    return false;
                }

                outcome = _outcome;
                length = _length;
                _buffer.AsSpan(0, length).CopyTo(buffer);
                return true;
            }
        }

        private void Run()
        {
            while (true)
            {
                string path;
                lock (_gate)
                {
                    while (_path is null)
                        Monitor.Wait(_gate);
                    path = _path;
                }

                ProcOutcome outcome = Read(path);
                lock (_gate)
                {
                    _outcome = outcome;
                    _path = null;
                    Monitor.Pulse(_gate);
                    if (_left)
                        return;
                }
            }
        }

        private ProcOutcome Read(string path)
        {
            _length = 0;
            int fd = Linux.open(path, LibC.O_RDONLY | LibC.O_CLOEXEC);
            if (fd < 0)
                return ProcFile.OutcomeOf(Linux.Errno);
            long got = 0;
            while (_length < _room)
            {
                if (_length == _buffer.Length)
                    Array.Resize(ref _buffer, Math.Min(2 * _buffer.Length, _room));
                fixed (byte* buffer = _buffer)
                    got = LibC.read(fd, buffer + _length, Math.Min(_buffer.Length, _room) - _length);
                if (got < 0 && Linux.Errno == Linux.EINTR)
                    continue;
                if (got <= 0)
                    break;
                _length += (int)got;
            }

            ProcOutcome outcome = got < 0 ? ProcFile.OutcomeOf(Linux.Errno) : ProcOutcome.Read;
            _ = LibC.close(fd);
            return outcome;
        }
    }
}
