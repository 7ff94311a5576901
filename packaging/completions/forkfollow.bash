# bash completion for forkfollow. The program itself knows its options and their values ([complete]); behind -- is the workload,
# which has completions of its own.
_forkfollow() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == -- ]] || continue
        if declare -F _comp_command_offset >/dev/null; then
            _comp_command_offset $((i + 1))
        elif declare -F _command_offset >/dev/null; then
            _command_offset $((i + 1))
        elif ((i + 1 == COMP_CWORD)); then
            mapfile -t COMPREPLY < <(compgen -c -- "$current")
        else
            compopt -o default
        fi
        return
    done

    case $previous in
        -o | --output | report)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$current")
            return ;;
        --config)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return ;;
        -p | --pid)
            mapfile -t COMPREPLY < <(compgen -W "$(cd /proc && echo [0-9]*)" -- "$current")
            return ;;
    esac

    # bash has = as a word of its own: --option=VALUE and KIND=VALUE are three, of which the last is to be completed.
    local -a words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    local before= reply
    if [[ $current == = ]]; then
        unset 'words[-1]'
        before=${words[-1]}=
        words[-1]=$before
    elif ((${#words[@]} > 2)) && [[ $previous == = ]]; then
        unset 'words[-1]' 'words[-1]'
        before=${words[-1]}=
        words[-1]=$before$current
    fi
    while IFS= read -r reply; do
        COMPREPLY+=("${reply#"$before"}")
    done < <("${1/#\~/$HOME}" '[complete]' "${words[@]}" 2>/dev/null)
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -o default -F _forkfollow forkfollow
