using ForkFollow.Follower;

namespace ForkFollow.Service.Tests;

/// <summary>Several observers as one.</summary>
public sealed class ObserverChainTests
{
    private readonly List<string> _told = [];

    [Fact]
    public void Each_is_told_in_order_even_if_one_before_it_fails()
    {
        var chain = new ObserverChain([new Observer("a", _told), new Observer("b", _told, fails: true), new Observer("c", _told, fails: true)]);
        var entry = new LedgerEntry(LedgerKind.Fault, 1, "x");
        Assert.Equal("b", Assert.Throws<InvalidOperationException>(() => chain.Noted(entry)).Message);
        Assert.Equal("b", Assert.Throws<InvalidOperationException>(chain.BetweenStops).Message);
        Assert.Equal("b", Assert.Throws<InvalidOperationException>(() => chain.Born(null!)).Message);
        Assert.Equal("b", Assert.Throws<InvalidOperationException>(() => chain.Execed(null!, default)).Message);
        Assert.Equal(
            ["a noted", "b noted", "c noted", "a between", "b between", "c between", "a born", "b born", "c born", "a execed", "b execed", "c execed"],
            _told);
    }

    [Fact]
    public void A_process_is_let_go_if_one_says_so()
    {
        Assert.Equal(BirthVerdict.Follow, new ObserverChain([new Observer("a", _told), new Observer("b", _told)]).Born(null!));
        Assert.Equal(
            BirthVerdict.LetGo,
            new ObserverChain([new Observer("a", _told) { Verdict = BirthVerdict.LetGo }, new Observer("b", _told)]).Born(null!));
    }

    /// <summary>A call that the chain forgets would be lost without a sign.</summary>
    [Fact]
    public void It_passes_on_every_call_that_there_is() => Assert.Equal(
        typeof(IFollowObserver).GetMethods().Select(method => method.Name).Order(),
        typeof(ObserverChain).GetMethods().Where(method => method.DeclaringType == typeof(ObserverChain)).Select(method => method.Name).Order());

    private sealed class Observer(string name, List<string> told, bool fails = false) : IFollowObserver
    {
        internal BirthVerdict Verdict { get; init; }

        public BirthVerdict Born(FollowedProcess process)
        {
            Tell("born");
            return Verdict;
        }

        public void Execed(FollowedProcess process, in ExecView image) => Tell("execed");

        public void Noted(LedgerEntry entry) => Tell("noted");

        public void BetweenStops() => Tell("between");

        private void Tell(string call)
        {
            told.Add($"{name} {call}");
            if (fails)
                throw new InvalidOperationException(name);
        }
    }
}
