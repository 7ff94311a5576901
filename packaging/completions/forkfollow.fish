# fish completion for forkfollow. The program itself knows its options and their values ([complete]); behind -- is the workload,
# which has completions of its own.
function __forkfollow_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    if set -l behind (contains -i -- -- $words)
        complete -C (string join ' ' -- $words[(math $behind + 1)..] $current)
        return
    end

    switch $words[-1]
        case -o --output report
            __fish_complete_directories $current
        case --config
            __fish_complete_path $current
        case -p --pid
            __fish_complete_pids
        case '*'
            $words[1] '[complete]' $words[2..] $current 2>/dev/null
    end
end
complete -c forkfollow -f -a '(__forkfollow_complete)'
