using ForkFollow.Service;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers ForkFollow with the services of a generic host.</summary>
public static class ForkFollowServices
{
    /// <summary>
    /// Registers the follower, the collectors and the hosted service. Options come from the section <c>ForkFollow</c> of the
    /// host's configuration (if it has one), and then from the delegate, which so has the last word.
    /// </summary>
    /// <param name="services">The services of a generic host.</param>
    /// <param name="configure">Sets options; null for those of the configuration.</param>
    /// <returns>What collectors and observers of one's own are added to.</returns>
    /// <remarks>
    /// The host's start (with telemetry already its building) throws
    /// <see cref="OptionsValidationException"/> with a line for each fault of the options. Linux only.
    /// Call it once for a host.
    /// </remarks>
    public static ForkFollowBuilder AddForkFollow(
        this IServiceCollection services, Action<ForkFollowOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<ForkFollowOptions>()
            .Configure<IServiceProvider>((options, provider) =>
            {
                if (provider.GetService<IConfiguration>() is { } configuration)
                    options.BindingFaults.AddRange(SettingReader.Read(configuration, options));
            })
            .Configure(configure ?? (_ => { }))
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ForkFollowOptions>, OptionsCheck>());
        return AddServices(services);
    }

    /// <summary>The same with options that have been read and checked (<see cref="ForkFollowSettings"/>).</summary>
    public static ForkFollowBuilder AddForkFollow(this IServiceCollection services, ForkFollowOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(Options.Options.Create(options));
        return AddServices(services);
    }

    private static ForkFollowBuilder AddServices(IServiceCollection services)
    {
        services.TryAddSingleton<FollowOutcome>();
        services.TryAddSingleton<RunFactory>();
        services.TryAddSingleton<TargetSupervisor>();
        services.TryAddSingleton<ServiceManager>();
        services.TryAddSingleton(_ => new ProcFolder("/proc"));
        services.TryAddSingleton(_ => new CgroupFolder("/sys/fs/cgroup"));
        services.TryAddSingleton<FollowService>();
        services.TryAddSingleton(
            provider => new ForkFollowControl(provider.GetRequiredService<FollowService>(), provider.GetRequiredService<TargetSupervisor>()));
        services.TryAddScoped<ResultsOfScope>();
        services.TryAddScoped(provider => provider.GetRequiredService<ResultsOfScope>().Results
            ?? throw new InvalidOperationException(
                "RunResults are those of one run: only a collector, an observer and what those take in their constructors can have them"));
        services.AddHostedService(provider => provider.GetRequiredService<FollowService>());
        return new(services);
    }
}
