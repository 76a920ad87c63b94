"""How bash, zsh and fish ask for completions and take them; click does the rest.

The scripts differ from click's: names here hold brackets, commas and equals signs, which bash
parts words at, and no space follows a name that goes on.
"""

from __future__ import annotations

import os
from typing import Any

from click import Command
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
)

from simdistrict.cli.common import COMPLETE

# bash parts the word under the cursor after these (see COMP_WORDBREAKS)
_BREAKS = "=:"
_SAFE = "_-+./,=:@%^[]"
_SPECIAL_IN_QUOTES = '"\\$`'

_BASH = """\
%(complete_func)s() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
            plain,*) COMPREPLY+=("${line#plain,}") ;;
        esac
    done < <(COMP_LINE="${COMP_LINE:0:COMP_POINT}" %(complete_var)s=bash_complete "$1")
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/,[] ]]; then
        compopt -o nospace
    fi
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""
_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local line value
    local -a ended open
    (( ! $+commands[%(prog_name)s] )) && return 1
    for line in "${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
            %(complete_var)s=zsh_complete %(prog_name)s)}"; do
        value="${line#plain,}"
        case $line in
            dir,*) _path_files -/ ;;
            file,*) _path_files -f ;;
            plain,*)
                if [[ $value == *[=/,\\[] ]]; then open+=("$value"); else ended+=("$value"); fi ;;
        esac
    done
    (( $#ended )) && compadd -U -V ended -a ended
    (( $#open )) && compadd -U -S '' -V open -a open
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""
_FISH = """\
function %(complete_func)s
    for line in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) \\
            COMP_CWORD=(commandline -t) %(prog_name)s)
        set -l parts (string split -m 1 , -- $line)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                echo $parts[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


def split_line(line: str) -> tuple[list[str], str, str]:
    """The words of a line up to the cursor: the complete ones, the last, and its raw text.

    A word that is still open in quotes counts as the last one.
    """
    words: list[str] = []
    word, raw, quote, escaped = "", "", "", False
    for letter in line:
        if not quote and not escaped and letter.isspace():
            words += [word] if raw else []
            word = raw = ""
            continue
        raw += letter
        if escaped:
            word, escaped = word + letter, False
        elif letter == "\\" and quote != "'":
            escaped = True
        elif letter == quote:
            quote = ""
        elif not quote and letter in "\"'":
            quote = letter
        else:
            word += letter
    return words, word, raw


def bash_word(value: str, raw: str) -> str:
    """A value as bash inserts it for a raw word: quoted as that is, without what bash keeps."""
    if raw[:1] == "'":
        return value
    if raw[:1] == '"':
        return "".join(f"\\{c}" if c in _SPECIAL_IN_QUOTES else c for c in value)
    kept = max(map(raw.rfind, _BREAKS)) + 1
    value = value[len(split_line(raw[:kept])[1]) :]
    return "".join(c if c.isalnum() or c in _SAFE else f"\\{c}" for c in value)


class Bash(BashComplete):
    """Completion in bash, from the line up to the cursor."""

    source_template = _BASH

    @staticmethod
    def _check_version() -> None:
        """Nothing: the script works from bash 4.4 on."""

    def get_completion_args(self) -> tuple[list[str], str]:
        words, last, self.raw = split_line(os.environ["COMP_LINE"])
        return words[1:], last

    def format_completion(self, item: CompletionItem[Any]) -> str:
        value = item.value if item.type != "plain" else bash_word(item.value, self.raw)
        return f"{item.type},{value}"


class Zsh(ZshComplete):
    """Completion in zsh."""

    source_template = _ZSH

    def format_completion(self, item: CompletionItem[Any]) -> str:
        return f"{item.type},{item.value}"


class Fish(FishComplete):
    """Completion in fish."""

    source_template = _FISH

    def format_completion(self, item: CompletionItem[Any]) -> str:
        return f"{item.type},{item.value}"


SHELLS = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def script(shell: str, program: Command) -> str:
    """What a shell reads to complete a program."""
    return SHELLS[shell](program, {}, "simdistrict", COMPLETE).source()


def register() -> None:
    """Let click answer these shells as above."""
    for name, kind in SHELLS.items():
        add_completion_class(kind, name)
