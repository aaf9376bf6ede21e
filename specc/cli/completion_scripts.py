"""`--show-completion` and `--install-completion`: the scripts by which a shell asks what to offer after TAB.

bash and zsh have scripts of our own, because names of files need the shell's quotes, and no blank behind a folder. They
ask in one way: `complete_bash` of `specc.cli.completion`, which answers in plain lines.
"""

import os
from collections.abc import Sequence

from typer import _completion_shared as shells

from specc.cli import COMPLETE
from specc.cli.console import say, write_shown
from specc.diagnostics import did_you_mean
from specc.errors import SpeccError

SHOW, INSTALL = "--show-completion", "--install-completion"

BASH = r"""
%(complete_func)s() {
    local IFS=$'\n' offer word="${COMP_WORDS[COMP_CWORD]}"
    COMPREPLY=()
    while IFS= read -r offer; do
        COMPREPLY+=("$offer")
    done < <(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD="$COMP_CWORD" \
                 %(autocomplete_var)s=complete_bash "$1" 2>/dev/null)
    # bash quotes what are names of files, and puts a slash behind folders and a blank behind files
    if [[ -e ${COMPREPLY[0]-} ]] && compopt -o filenames 2>/dev/null; then
        COMPREPLY=("${COMPREPLY[@]%%/}")
        return 0
    fi
    [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *[=/] ]] || compopt -o nospace 2>/dev/null
    for offer in "${!COMPREPLY[@]}"; do
        if [[ ${COMPREPLY[offer]} == *[[:space:]\'\"\\\$\`\(\)\<\>\&\;\|\*\?\[\#\!]* && $word != [\'\"]* ]]; then
            printf -v "COMPREPLY[$offer]" %%q "${COMPREPLY[offer]}"
        fi
    done
}

complete -o default -F %(complete_func)s %(prog_name)s
"""

ZSH = r"""
#compdef %(prog_name)s

%(complete_func)s() {
    local offer
    local -a offers whole open
    offers=("${(@f)$(env COMP_WORDS="${(F)words}" COMP_CWORD=$((CURRENT - 1)) \
                         %(autocomplete_var)s=complete_bash %(prog_name)s 2>/dev/null)}")
    (( $#offers[1] )) || { _default; return }
    compset -P '*='
    for offer in $offers; do
        case $offer in
            (*[=/]) open+=("$offer");;
            (*) whole+=("$offer");;
        esac
    done
    (( $#whole )) && compadd -- $whole
    (( $#open )) && compadd -S '' -- $open
}

compdef %(complete_func)s %(prog_name)s
"""
SCRIPTS = {**shells._completion_scripts, "bash": BASH, "zsh": ZSH}


def answer(option: str, arguments: Sequence[str], name: str) -> int:
    """Print or install the script of the shell that is named, else of the one that specc was started from.

    Raises SpeccError where that cannot be told, and for a shell that there is no script for.
    """
    shell = arguments[0] if arguments else _started_from()
    if shell not in SCRIPTS:
        help = did_you_mean(shell, SCRIPTS, "shells")
        raise SpeccError(f"there is no completion for the shell `{shell}`", help=help)
    shells._completion_scripts.update(SCRIPTS)
    if option == SHOW:
        write_shown(shells.get_completion_script(prog_name=name, complete_var=COMPLETE, shell=shell) + "\n")
        return 0
    _, path = shells.install(shell=shell, prog_name=name, complete_var=COMPLETE)
    say(f"{shell} completion installed in {path}: it works in the next shell that you start")
    return 0


def _started_from() -> str:
    """Return the shell above this process, else the user's usual one: below `nohup`, in an editor, in CI is none."""
    found = shells._get_shell_name() or os.environ.get("SHELL", "").rpartition("/")[2]
    if found not in SCRIPTS:
        help = f"name it, such as `specc {SHOW} bash`"
        raise SpeccError("cannot tell which shell this is", help=help)
    return found
