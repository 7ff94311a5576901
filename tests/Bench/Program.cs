using System.Runtime.InteropServices;
using ForkFollow.Bench;

// 0: measured (also with goals missed: on a busy machine that says nothing). 2: could not measure. 130: interrupted.
using var interrupt = new CancellationTokenSource();
void Interrupt(PosixSignalContext context)
{
    context.Cancel = true;
    interrupt.Cancel();
}

using var sigint = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var sigterm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
try
{
    var options = BenchOptions.Parse(args);
    if (options is null)
    {
        Console.Out.Write(BenchOptions.Help);
        return 0;
    }

    await BenchRun.RunAsync(options, interrupt.Token);
    return 0;
}
catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
{
    Console.Error.WriteLine("bench: interrupted; nothing is reported or written");
    return 130;
}
catch (Exception e) when (e is BenchException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"bench: {e.Message}");
    return 2;
}
