"""Whatever the text: where `bash -n` finds nothing, our parser finds nothing, and it never raises."""

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.laws import law

from specc.shell import read

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is the oracle")

PIECES = """if then fi else elif for do done while case esac in { } ( ) (( )) [ ] [[ ]] " ' ` $( ${ $(( ; ;; | || &&
    & a b=1
    x < > >> <<E <<'E' E $x "a" 'b' = == =~ ! time # \\ <( a=( function f() $ . -f coproc a) |& &> 2>&1 <<< ;;& ]"""
GAPS = st.sampled_from(["", " ", " ", "\n", "; "])
TEXTS = st.lists(st.tuples(st.sampled_from(PIECES.split()), GAPS), min_size=1, max_size=10).map(
    lambda pairs: "".join(piece + gap for piece, gap in pairs)
)
FRAMES = [
    "{}",
    "if true; then\n  {}\nfi\n",
    "for i in a b; do {}; done",
    'x="$({})"',
    "case $1 in\n  a) {} ;;\nesac",
    "f() {{\n{}\n}}\n",
    "cat <<EOF\n{}\nEOF\necho",
    'echo "{}"',
    "[[ -f a && {} ]]",
    "a=({})",
]


@law(100)
@given(TEXTS, st.sampled_from(FRAMES))
def test_no_finding_where_bash_has_none(piece, frame):
    text = frame.format(piece)
    mistake = read(text).mistake
    if mistake is not None:
        assert 0 <= mistake.start <= mistake.end <= len(text)
        done = subprocess.run(["bash", "-n"], input=text.encode(), capture_output=True, check=False)
        assert done.stderr, f"{mistake} in {text!r}"


@law(100)
@given(st.text(st.sampled_from("abif$(){}[]<>'\"`\\;&|#\n\t =!*?~é"), max_size=60))
def test_any_text_ends_well(text):
    mistake = read(text).mistake
    assert mistake is None or 0 <= mistake.start <= mistake.end <= len(text)
