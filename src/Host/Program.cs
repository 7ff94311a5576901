using ForkFollow.Service.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Host;

/// <summary>The forkfollow command.</summary>
internal static class Program
{
    private static int Main(string[] args) => CommandLine.Run(args);

    /// <summary>Runs a host with the one service that follows. Returns the exit status.</summary>
    internal static int Follow(FollowSettings settings, bool verbose)
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new()
        {
            // Not the working directory: it is the workload's, and may hold an appsettings.json of its own.
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddJsonFile("appsettings.json", optional: true, reloadOnChange: false);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddProvider(new StandardErrorLoggerProvider());
        if (verbose)
            builder.Logging.AddFilter(typeof(Program).Namespace, LogLevel.Trace);

        var outcome = new FollowOutcome();
        builder.Services.AddForkFollowTelemetry(builder.Configuration);
        if (settings.InjectTraceparent)
            builder.Services.Configure<TelemetryOptions>(options => options.InjectTraceparent = true);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(outcome);
        builder.Services.AddSingleton<IHostLifetime, FollowLifetime>();
        builder.Services.AddHostedService<FollowService>();
        using IHost host = builder.Build();
        host.Run();
        return outcome.ExitStatus;
    }
}
