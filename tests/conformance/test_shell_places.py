"""Where a hole stands in a command: what our scan says is held to tree-sitter's tree of the same command."""

import tree_sitter_bash
from support.tables import each
from tree_sitter import Language, Parser

from specc.evaluator.quoting import Context, contexts_of

PARSER = Parser(Language(tree_sitter_bash.language()))
HOLE = "{{ x }}"
WORD = "hole_xx"
"""As long as the hole, so that both stand at one offset."""

KINDS = {
    "raw_string": {Context.SINGLE},
    "ansi_c_string": {Context.ESCAPED},
    "string": {Context.DOUBLE},
    "comment": {Context.COMMENT},
    "heredoc_body": {Context.HERE, Context.QUOTED_HERE},
    "expansion": {Context.BRACES},
    "arithmetic_expansion": {Context.ARITHMETIC},
    "command_substitution": {Context.WORD},
    "program": {Context.WORD},
}

COMMANDS = [
    "cd {{ x }} && ./run 'a {{ x }}' \"b {{ x }}\" $'c {{ x }}' # {{ x }}",
    'for i in {{ x }} "$(ls {{ x }} | grep \'{{ x }}\')"; do echo "${i:-{{ x }}}"; done',
    'case {{ x }} in {{ x }}) echo "{{ x }}";; esac',
    "a={{ x }} b='{{ x }}' env {{ x }}",
    "cat <<EOF\n{{ x }} 'it' $(ls {{ x }})\nEOF\necho {{ x }}",
    "cat <<'EOF' > {{ x }}\n{{ x }}\nEOF\necho \"{{ x }}\"",
    "if [ -f {{ x }} ]; then echo $(( {{ x }} + 1 )); fi",
    '[[ {{ x }} == "{{ x }}" ]] || ( cd {{ x }}; { echo {{ x }}; } )',
    "f() { local a=\"{{ x }}\"; }; a=({{ x }} '{{ x }}')",
    "diff <(sort {{ x }}) \"{{ x }}\" |& tee '{{ x }}'",
    'echo "a \'{{ x }}\' $(b "c {{ x }}")"',
]


def innermost(tree, offset):
    """The kind of the innermost node around an offset that says how a word is read there."""
    node = tree.root_node.descendant_for_byte_range(offset, offset + len(WORD))
    while node.type not in KINDS:
        node = node.parent
    return KINDS[node.type]


@each("command", COMMANDS)
def test_both_see_a_hole_in_the_same_place(command):
    tree = PARSER.parse(command.replace(HOLE, WORD).encode())
    assert not tree.root_node.has_error
    places = contexts_of(command)
    assert places
    for offset, place in places.items():
        assert place in innermost(tree, offset), command[offset - 10 : offset + 10]
