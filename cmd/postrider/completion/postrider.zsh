#compdef postrider
# Completion for zsh: source <(postrider completion zsh), below compinit; or as the file _postrider in a folder of $fpath

_postrider() {
	local line word text
	local -a words_ folders
	for line in "${(@f)$(${~words[1]} completion "__complete=${(Q)PREFIX}" -- "${(@Q)words[2,CURRENT-1]}" 2>/dev/null)}"; do
		word=${line%%$'\t'*}
		text=${line#*$'\t'}
		[[ -n $word ]] || continue
		word=${word//\\/\\\\}
		word=${word//:/\\:}
		if [[ $word == */ ]]; then
			folders+=("$word:$text")
		else
			words_+=("$word:$text")
		fi
	done
	local found=1
	if (( $#words_ )) && _describe -t words 'postrider' words_; then
		found=0
	fi
	# Behind a folder more is to come, and no blank.
	if (( $#folders )) && _describe -t folders 'folder' folders -S ''; then
		found=0
	fi
	return found
}

if [[ $funcstack[1] == _postrider ]]; then
	_postrider "$@"
else
	compdef _postrider postrider
fi
