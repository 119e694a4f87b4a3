# Completion for bash: source <(postrider completion bash)

_postrider() {
	local line=${COMP_LINE:0:COMP_POINT} words=() n=-1 i piece glued
	local quotes="[\\\\\"']"
	for ((i = 0; i <= COMP_CWORD; i++)); do
		# bash takes words apart at = and : as well. Pieces with no blank between them are one word.
		glued=1
		if ((i == 0)) || [[ $line == [[:blank:]]* ]]; then
			glued=0
		fi
		line=${line#"${line%%[![:blank:]]*}"}
		piece=${COMP_WORDS[i]}
		if ((i == COMP_CWORD)); then
			piece=$line # up to the cursor
		fi
		line=${line#"$piece"}
		piece=${piece//$quotes/}
		if ((glued)); then
			words[n]+=$piece
		else
			n=$((n + 1))
			words[n]=$piece
		fi
	done

	local current=${words[n]} value prefix
	if [[ $piece == *[!=:]* ]]; then
		prefix=${current%"$piece"}
	else
		prefix=$current
	fi
	COMPREPLY=()
	while IFS=$'\t' read -r value _; do
		value=${value%/} # readline puts it back behind a folder, and no blank
		COMPREPLY+=("${value#"$prefix"}")
	done < <("${words[0]/#\~/$HOME}" completion "__complete=$current" -- "${words[@]:1:n-1}" 2>/dev/null)
}

# As file names they are quoted where they need it.
complete -o filenames -F _postrider postrider
