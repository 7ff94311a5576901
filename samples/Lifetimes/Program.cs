using ForkFollow.Service;
using Lifetimes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// Follows a command, and tells how long its processes lived, by program:
//
//   dotnet run --project samples/Lifetimes -- make -j2
//
// Without a command it follows what the configuration names, whenever that runs, until Ctrl-C:
//
//   FORKFOLLOW__TARGETS__0__EXECUTABLE=nginx dotnet run --project samples/Lifetimes
HostApplicationBuilder builder = Host.CreateApplicationBuilder();
builder.Services.AddSingleton<LifetimeTable>();
builder.Services
    .AddForkFollow(options => options.Command = args)
    .AddCollector<LifetimeCollector>()
    .AddObserver<ProgramPrinter>();

using IHost host = builder.Build();
LifetimeTable table = host.Services.GetRequiredService<LifetimeTable>();
FollowOutcome outcome = host.Services.GetRequiredService<FollowOutcome>();
await host.RunAsync();
table.Write(Console.Out);
return outcome.ExitStatus;
