package completion

// Shells are those that there are scripts for.
var Shells = []string{"bash", "zsh", "fish"}

// Script returns the script that a shell loads; "" for another shell.
func Script(shell string) string {
	return map[string]string{"bash": bash, "zsh": zsh, "fish": fish}[shell]
}

const bash = `# bash completion of tap-rest: eval "$(tap-rest completion bash)"
_tap_rest() {
	local IFS=$'\n'
	COMPREPLY=($(compgen -W "$(tap-rest complete bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]#=}"))
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -o bashdefault -o default -F _tap_rest tap-rest
`

const zsh = `#compdef tap-rest
# zsh completion of tap-rest: eval "$(tap-rest completion zsh)", or as a file _tap-rest in $fpath
_tap_rest() {
	local -a found
	found=("${(@f)$(tap-rest complete zsh "${(@)words[2,CURRENT]}" 2>/dev/null)}")
	if [[ -n "${found[1]}" ]]; then
		_describe -V tap-rest found
	elif [[ "${words[CURRENT]}" == --*=* ]]; then
		compset -P '*='
		_files
	else
		_files
	fi
}
if [[ "${funcstack[1]}" == _tap-rest ]]; then
	_tap_rest "$@"
else
	compdef _tap_rest tap-rest
fi
`

const fish = `# fish completion of tap-rest: tap-rest completion fish | source
function __tap_rest_complete
	set -l words (commandline -opc)
	set -e words[1]
	set -l found (tap-rest complete fish $words (commandline -ct) 2>/dev/null)
	if test (count $found) -gt 0
		printf '%s\n' $found
	else
		__fish_complete_path (string replace -r '^--[^=]*=' '' -- (commandline -ct))
	end
end
complete -c tap-rest -f -k -a '(__tap_rest_complete)'
`
