using System.Runtime.CompilerServices;
using System.Text;

namespace ForkFollow.Symbols;

/// <summary>
/// The bounds of one demangling, and its output. Mangled names are a compressed form: a few hundred hostile bytes can stand
/// for 2^100 bytes of output, for endless work without output, or for any depth. Every recursive step passes
/// <see cref="Enter"/>; after a failure nothing is written any more and every step refuses, so that the work ends soon.
/// One thread.
/// </summary>
internal sealed class DemangleText
{
    private const int MaxOutput = 1 << 16;
    private const int MaxDepth = 400;
    private const int MaxSteps = 1 << 18;

    private readonly StringBuilder _text = new();
    private int _depth;
    private int _steps;

    /// <summary>Whether the name is not what it seemed, or a limit was reached.</summary>
    internal bool Failed { get; private set; }

    /// <summary>Whether writing has no effect, for parts that are parsed and not shown.</summary>
    internal bool Silent { get; set; }

    /// <summary>What was written last, also if it was taken back.</summary>
    internal char Last { get; private set; }

    internal int Length => _text.Length;

    /// <summary>Takes one level of depth; false, and failed, if there is none left. Each true asks for a <see cref="Leave"/>.</summary>
    internal bool Enter()
    {
        if (Failed || ++_steps > MaxSteps || _depth >= MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            Failed = true;
            return false;
        }

        _depth++;
        return true;
    }

    internal void Leave() => _depth--;

    internal void Fail() => Failed = true;

    internal void Write(ReadOnlySpan<char> text)
    {
        if (Failed || Silent || text.IsEmpty)
            return;
        if (_text.Length + text.Length > MaxOutput)
        {
            Failed = true;
            return;
        }

        _text.Append(text);
        Last = text[^1];
    }

    internal void Write(char one) => Write([one]);

    /// <summary>Takes back what was written after a place.</summary>
    /// <param name="length">How long the output was there.</param>
    /// <param name="last">What counts as written last; libiberty remembers a comma that it took back.</param>
    internal void CutTo(int length, char last) => (_text.Length, Last) = (length, last);

    public override string ToString() => _text.ToString();
}
