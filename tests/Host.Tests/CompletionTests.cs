using System.Reflection;

namespace ForkFollow.Host.Tests;

/// <summary>What the shells offer at the Tab key, by the scripts that are shipped, in the shells themselves.</summary>
public sealed class CompletionTests : IDisposable
{
    private static readonly string _scripts = Path.Combine(
        typeof(CompletionTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == "Repository").Value!,
        "packaging", "completions");

    /// <summary>A line, and words that are offered at its end; a word behind ! is not.</summary>
    public static TheoryData<string, string> Lines => new()
    {
        { "forkfollow --coll", "--collect" },
        { "forkfollow --collect counters,c", "counters,cpu !counters,counters" },
        { "forkfollow --until ", "root all !report" },
        { "forkfollow re", "report" },
        { "forkfollow service --scan", "--scan-interval" },
        { "forkfollow service --target e", "exe=" },
        { "forkfollow --config /etc/pass", "/etc/passwd" },
        { "forkfollow -- echo --coll", "!--collect" },
        { "forkfollow -F 5 echo --coll", "!--collect" },
    };

    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task Bash_offers_what_the_program_knows(string line, string words)
    {
        // As bash calls it: the words of the line, its text, the place of the cursor.
        const string Ask = """
            compopt() { :; }
            . "$1"
            COMP_LINE=$2 COMP_POINT=${#2}
            read -ra COMP_WORDS <<<"$2"
            [[ $2 == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _forkfollow forkfollow
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        await AssertOffersAsync(words, "/bin/bash", "-c", Ask, "bash", Path.Combine(_scripts, "forkfollow.bash"), line);
    }

    /// <summary>bash breaks words at the sign, and takes what is offered for the part behind it.</summary>
    [Fact]
    public async Task Bash_offers_values_behind_an_equals_sign()
    {
        const string Ask = """
            compopt() { :; }
            . "$1"
            COMP_WORDS=(forkfollow --collect = counters,c) COMP_CWORD=3
            _forkfollow forkfollow
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        await AssertOffersAsync("counters,cpu", "/bin/bash", "-c", Ask, "bash", Path.Combine(_scripts, "forkfollow.bash"));
    }

    [SkippableTheory]
    [MemberData(nameof(Lines))]
    public async Task Fish_offers_what_the_program_knows(string line, string words)
    {
        Machine.Need(Machine.Tool("fish"));
        await AssertOffersAsync(
            words, "fish", "--no-config", "-c", $"source {_scripts}/forkfollow.fish; complete -C '{line}'");
    }

    [SkippableTheory]
    [MemberData(nameof(Lines))]
    public async Task Zsh_offers_what_the_program_knows(string line, string words)
    {
        Machine.Need(Machine.Tool("zsh"));

        // Completion runs in the line editor alone, which needs a terminal: zpty has one. What compadd is given is told.
        const string Ask = """
            zmodload zsh/zpty
            zpty shell zsh -f -i
            zpty -w shell "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
            zpty -w shell 'compadd() { local -a told; builtin compadd -O told "$@"; print -rl -- $told >>$TOLD; builtin compadd "$@"; }'
            zpty -w shell 'ask() { zle complete-word; print END >>$TOLD }; zle -N ask; bindkey "^T" ask'
            zpty -w -n shell "$2"$'\C-t'
            while ! grep -qs END $TOLD; do sleep 0.05; done
            zpty -d shell
            grep -v END $TOLD
            """;

        // Of a path it is given the parts.
        words = words[(words.LastIndexOf('/') + 1)..];
        await AssertOffersAsync(
            words, "/usr/bin/env", $"TOLD={Path.Combine(_program.Folder, "told")}", "/usr/bin/zsh", "-f", "-c", Ask, "zsh", _scripts, line);
    }

    private async Task AssertOffersAsync(string words, string shell, params string[] arguments)
    {
        string path = $"{Path.GetDirectoryName(ForkFollowProgram.Path_)}:{Environment.GetEnvironmentVariable("PATH")}";
        Ended ended = await ForkFollowProgram.RunAnyAsync("/usr/bin/env", [$"PATH={path}", shell, .. arguments], _program.Folder);
        string[] offered = [.. ended.Output.Split('\n').Select(line => line.Split('\t')[0])];
        foreach (string word in words.Split(' '))
        {
            if (word[0] == '!')
                Assert.DoesNotContain(word[1..], offered);
            else
                Assert.Contains(word, offered);
        }
    }
}
