using ForkFollow.Follower;
using ForkFollow.Native;
using ForkFollow.Service;
using ForkFollow.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Host;

/// <summary>The forkfollow command.</summary>
internal static unsafe class Program
{
    private static int Main(string[] args)
    {
        // First of all: handlers that are installed from here on hide more.
        if (IsNative)
            TakeInheritedSignals();
        _ = InheritedSignals.Current;
        return CommandLine.Run(args);
    }

    /// <summary>A runtime that is a program of its own is told where assemblies are.</summary>
    private static bool IsNative => AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") is null;

    /// <summary>The native program has kept them since before main.</summary>
    private static void TakeInheritedSignals()
    {
        ulong ignored, blocked;
        Linux.forkfollow_inherited_signals(&ignored, &blocked);
        InheritedSignals.Current = new(ignored, blocked);
    }

    /// <summary>Runs a host with the one service that follows. Returns the exit status.</summary>
    internal static int Follow(ForkFollowOptions options, IConfigurationRoot configuration, bool verbose)
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new()
        {
            // Not the working directory: it is the workload's, and may hold an appsettings.json of its own.
            ContentRootPath = SettingFiles.ProgramFolder ?? "/",
        });
        builder.Configuration.AddConfiguration(configuration);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddProvider(new StandardErrorLoggerProvider());
        if (options.Quiet)
            builder.Logging.AddFilter("ForkFollow", LogLevel.Warning);
        if (verbose)
            builder.Logging.AddFilter("ForkFollow", LogLevel.Trace);

        builder.Services.AddForkFollow(options).AddTelemetry(builder.Configuration);
        if (options.Targets.Count == 0)
        {
            builder.Services.AddSingleton<IRunListener>(new TerminalListener(options.Quiet, verbose));

            // Results of a large run may take longer to write than the 30 s of a host; a second Ctrl-C quits.
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        }

        builder.Services.AddSingleton<IHostLifetime, FollowLifetime>();
        using IHost host = builder.Build();
        FollowOutcome outcome = host.Services.GetRequiredService<FollowOutcome>();
        host.Run();
        return outcome.ExitStatus;
    }
}
