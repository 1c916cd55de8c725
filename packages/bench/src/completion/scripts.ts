export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** For each shell, what makes it ask `bench complete` for the rest of a word; files are offered where that has no answer. */
export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `_bench() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _bench bench
`,
  zsh: `#compdef bench
_bench() {
  local -a found
  found=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  if (( \${#found} )); then compadd -a found; else _files; fi
}
compdef _bench bench
`,
  fish: `function __bench_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l found (command $words[1] complete -- $words[2..] "$current" 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path "$current"
  end
end
complete -c bench -f -a '(__bench_complete)'
`,
};
