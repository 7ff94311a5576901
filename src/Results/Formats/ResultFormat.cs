namespace ForkFollow.Results.Formats;

/// <summary>A file that a run can be written as.</summary>
/// <param name="Format">Its name for <c>--format</c>.</param>
/// <param name="File">The file's name.</param>
/// <param name="Write">Writes it.</param>
public sealed record ResultFormat(string Format, string File, Action<Stream, RecordedRun> Write);
