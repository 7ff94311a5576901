using System.Diagnostics.CodeAnalysis;
using ForkFollow.Collectors;
using ForkFollow.Follower;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ForkFollow.Service;

/// <summary>Adds to what <c>AddForkFollow</c> has registered. Not for several threads at once.</summary>
public sealed class ForkFollowBuilder
{
    internal ForkFollowBuilder(IServiceCollection services) => Services = services;

    /// <summary>The services of the host.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Adds a collector of one's own: it is made anew for each run, by the services of the host, is cloned onto each process of
    /// the run, and is disposed at the run's end if it can be. Registered as a scoped service, unless it is one already: what
    /// should outlive a run is a singleton that it takes in its constructor. It may take the run's <see cref="RunResults"/> too.
    /// </summary>
    /// <typeparam name="T">The collector. Its threads and errors are as <see cref="Collector"/> says.</typeparam>
    public ForkFollowBuilder AddCollector<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : Collector => Add(PartKind.Collector, typeof(T));

    /// <summary>
    /// Adds an observer of one's own: it is made anew for each run, by the services of the host, is told of each process behind
    /// the collectors, on the tracer thread of the run, and is disposed at the run's end if it can be. An exception of it is
    /// logged and entered in the ledger; the process goes on. Registered as a scoped service, unless it is one already. Its
    /// constructor may take the run's <see cref="RunResults"/>: <see cref="RunResults.Find"/> has the results of a process, to
    /// which it can add (<see cref="Results.LiveProcess.SetValue"/>).
    /// </summary>
    /// <typeparam name="T">The observer. Its threads are as <see cref="IFollowObserver"/> says.</typeparam>
    public ForkFollowBuilder AddObserver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, IFollowObserver => Add(PartKind.Observer, typeof(T));

    /// <summary>Adds somebody who is told when runs begin and end: a singleton, unless it is registered otherwise.</summary>
    /// <typeparam name="T">Who is told, by threads of the pool.</typeparam>
    public ForkFollowBuilder AddListener<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, IRunListener
    {
        Services.TryAddSingleton<T>();
        Services.AddSingleton<IRunListener>(services => services.GetRequiredService<T>());
        return this;
    }

    /// <summary>Adds somebody who takes runs elsewhere while they go: a singleton, unless it is registered otherwise.</summary>
    /// <typeparam name="T">Who does.</typeparam>
    public ForkFollowBuilder AddExporter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, IRunExporter
    {
        Services.TryAddSingleton<T>();
        Services.AddSingleton<IRunExporter>(services => services.GetRequiredService<T>());
        return this;
    }

    private ForkFollowBuilder Add(
        PartKind kind, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] Type type)
    {
        Services.TryAddScoped(type);
        Services.AddSingleton(new RunPart(kind, type));
        return this;
    }
}
