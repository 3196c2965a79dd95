"""``tfm completion``: a script for the shell, which asks tfm itself what could follow (``tfm --complete``)."""

from __future__ import annotations

import argparse
from typing import Final

from tfm.cli.output import print_line

__all__ = ["EPILOG", "OPERANDS", "add_arguments", "run"]

OPERANDS = "bash|zsh|fish"

EPILOG = """\
bash:  eval "$(tfm completion bash)"        in ~/.bashrc
zsh:   eval "$(tfm completion zsh)"         in ~/.zshrc, behind compinit
fish:  tfm completion fish | source         in ~/.config/fish/config.fish
Completing a remote path costs one listing request, and gives up after 2 s.
"""

_BASH: Final = """\
_tfm() {
    local found
    COMPREPLY=()
    while IFS= read -r found; do
        COMPREPLY+=("$found")
    done < <(tfm --complete bash "$COMP_LINE" "$COMP_POINT" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o filenames -F _tfm tfm
"""

_ZSH: Final = """\
_tfm() {
    local -a found
    found=("${(@f)$(tfm --complete words "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    found=("${(@)found:#}")
    compadd -S '' -- "${(@M)found:#*/}"
    compadd -- "${(@)found:#*/}"
}
compdef _tfm tfm
"""

_FISH: Final = """\
complete -c tfm -f -a '(tfm --complete words (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
"""

_SCRIPTS: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=sorted(_SCRIPTS), metavar="bash|zsh|fish", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    print_line(_SCRIPTS[options.shell], end="")
    return 0
