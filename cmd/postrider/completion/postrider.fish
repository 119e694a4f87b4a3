# Completion for fish: postrider completion fish >~/.config/fish/completions/postrider.fish

function __postrider_candidates
    set -l before (commandline -opc)
    set -l program $before[1]
    set -e before[1]
    set -l current (commandline -ct | string replace -ra '["\'\\\\]' '')
    $program completion "__complete=$current" -- $before 2>/dev/null
end

complete -c postrider -f -a '(__postrider_candidates)'
