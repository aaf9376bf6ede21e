"""Our shell parser is held to `bash -n`: no finding where bash has none, and one for each of the usual mistakes."""

import shutil
import subprocess

import pytest

from specc.shell import read

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is the oracle")

VALID = [
    "",
    "echo hello",
    "# it's a comment",
    "echo a#b it\\'s",
    "cat <<EOF\nit's \" $( `\nEOF\n",
    "cat <<'EOF' | tr a b\n${ if then\nEOF\necho done",
    "cat <<-EOF\n\ta\n\tEOF\n",
    "cat <<A <<B\na\nA\nb\nB\n",
    "cat <<EOF; if true; then\na\nEOF\necho\nfi",
    "x=$(cat <<EOF\nit's\nEOF\n)",
    "cat <<\\EOF\n'\nEOF\n",
    "cat <<'E F'\n'\nE F\n",
    "read a <<< \"$b\"; read c <<<'it'",
    "case $a in a|b) echo;; (c) ;; *) echo ;& esac",
    "case $a in\n  # it's\n  [a-z]*) echo hi\n  ;;\n  'x y'|\"$z\") ;;&\nesac",
    "case a in esac",
    "case $x in a) if true; then echo; fi esac",
    "a=$(case x in x) echo;; esac)",
    "echo ${a[@]} ${#a[@]} ${!a[@]} ${a:-it} ${a%%.*} ${a##*/} ${a//x/y} ${a^^} ${a:1:2} ${a@Q}",
    'echo "${a:-it\'s}" "${a%\'}\'}" ${a:-"}"} "${a:-"b c"}" ${a#\\}}',
    "echo $# $$ $! $? $* $@ $- $0",
    "echo $((1 << 2)) $(( (a + b) * 16#ff )) $((a[1]))",
    "((i++)); (( a = b > c ? 1 : 2 )) && echo",
    "((a)) || (b); ( (a); (b) )",
    "((echo a); echo b)",
    "$( (echo a) | cat)",
    "diff <(sort a) >(tee b) < <(cat c)",
    "coproc cat; coproc NAME { cat; }; coproc (cat)",
    "[[ $a =~ ^(a|b)+[[:space:]]?$ ]] && echo",
    "[[ $a == *(x|y) && ( -f b || ! -d c ) ]]",
    'echo ${a[${#a[@]}-1]} ${a[$(( ${#a[@]} - 1 ))]} ${a[b[1]]} ${a[$(echo ])]} ${a["]"]}',
    'if [ ${a[$(( ${#a[@]}-1 ))]} -eq 1 ]; then echo "${a[$((1 + 2))]}"; fi',
    'a=([; ] [x y]=1 [$(b; c)]=2 ["]"]=3)',
    "[[ $a =~ 'it' ]]; [[ a < b ]]\n[[ -n $a &&\n-f b ]]",
    "f() { echo; }; function g { echo; }; function h() (echo)\ng-h () { :; }\nf()\n{\n:\n}",
    "f() if true; then echo; fi",
    "select x in a b; do break; done",
    "for ((i=0; i<3; i++)); do echo $i; done\nfor ((;;)) { break; }",
    "for i; do echo; done; for i in; do echo; done\nfor i in a b\ndo echo; done\nfor i in a; { echo; }",
    "while read -r a; do echo; done < b | cat &",
    "until false; do :; done 2>&1 >/dev/null",
    "a=(1 2 'it' [5]=x\n# comment )\n\"$b\") b+=(3)",
    "declare -A m=([a]=1 [b c]=2); local x=(1)",
    "a[1 + 2]=3; a[i]+=x",
    "make &> log |& tee; echo >& a &>> b >| c <> d 2>&- {fd}>e",
    'echo "$(echo "$(echo "a" \'b\')" `echo \\`date\\``)"',
    "echo $'it\\'s' $\"local\" \"it's\" 'say \"'",
    "time -p make; ! true; time ! false; ! ! true; time",
    "{ echo; { echo; }; } > a; { (echo) }",
    "echo a \\\n  b \\\n&& echo \\\nc",
    "true &&\n\n# comment\nfalse ||\n(echo) |\ncat",
    "if true; then :; elif false; then :; else :; fi",
    "if\ntrue\nthen\n{ :; } fi",
    "if [ -f a ]; then\\\n\techo\nfi",
    "echo if then fi do done { } esac [[ ]]",
    "echo }; a=}; ./fi; fi=1; done=2; echo $fi",
    "a=1 b='x y' c=$(d) env e",
    ">a <b cmd",
    "> truncate",
    "a & b & wait",
    "echo * ? [a] ~ {a,b} {1..3} !x !",
    "awk '{ print $1 }' a | sed \"s/'//\" | xargs -I{} echo {}",
    "srun --mpi=pmix ./solver -in 'a b' > log.${SLURM_JOB_ID} 2>&1",
    "export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}\nulimit -s unlimited\nmodule load gcc/12 openmpi",
    "trap 'rm -f \"$t\"' EXIT INT",
    "echo hi\r\n",
    "shopt -s extglob\n[[ a == @(a|b) ]]",
    "echo 网格 “quotes”",
    "if true; then cat <<EOF; fi\na\nEOF",
    "f() { cat <<EOF; }\na\nEOF\n",
    "echo $[1+2]",
    'echo "a" "\n" b',
    "a=`echo it\\'s`",
    "$a $(b) ${c}",
    "x=a'b'\"c\"$d`e`$(f)",
    "a=$'b\nc'",
    'eval "$(ssh-agent -s)"',
    "[ a = b -a \\( c = d \\) ]",
    'printf \'%s\\n\' "${a[@]/#/x}" "${a[*]}"',
    "let a=b*2 'c = d > e'",
    "exec 3<>/dev/tcp/a/1; exec 3>&-",
    "while :; do case $1 in -a) shift;; --) break;; esac; done",
]

INVALID = [
    ("if a && fi -n b; then c; fi", "`fi` without `if`", "fi"),
    ("cat <<'EOT\nit\nEOT\n", "the quote opened here is never closed", "'"),
    # the text, what is said, and the characters that are pointed at
    ("echo 'a", "the single quote opened here is never closed", "'"),
    ('echo "a', "the double quote opened here is never closed", '"'),
    ("echo $'a", "the quote opened here is never closed", "$'"),
    ("echo `a", "the backquote opened here is never closed", "`"),
    ("echo $(a", "the `$(` here is never closed", "$("),
    ("echo ${a", "the `${` here is never closed", "${"),
    ("echo $((1 + 2", "the `$((` here is never closed", "$(("),
    ("((a", "the `((` here is never closed", "(("),
    ("(echo", "the `(` here is never closed", "("),
    ("a=(1 2", "the array opened here is never closed", "a=("),
    ("if true; then echo", "`if` without `fi`", "if"),
    ("if true; then echo; else", "`if` without `fi`", "if"),
    ("if true", "`if` without `then`", "if"),
    ("if [ -f a ] then\n echo\nfi", "`fi` without `then`", "fi"),
    ("if true\n echo; else\n :; fi", "`else` without `then`", "else"),
    ("if[ -f a ]; then\n echo\nfi", "`then` without `if`", "then"),
    ("for i in a b; echo; done", "`do` is missing before `echo`", "echo"),
    ("for i in a b do\n echo\ndone", "`do` is missing before `echo`", "echo"),
    ("for i in a b; do echo", "`for` without `done`", "for"),
    ("for i in a (b); do :; done", "the shell does not expect `(` here", "("),
    ("for ; do :; done", "a name is missing after `for`", ";"),
    ("while true; do echo; fi", "found `fi` where `done` is expected", "fi"),
    ("while true; done", "`done` without `do`", "done"),
    ("while; do :; done", "the shell does not expect `;` here", ";"),
    ("case a in b) echo;;", "`case` without `esac`", "case"),
    ("case a in b", "`case` without `esac`", "case"),
    ("case a in", "`case` without `esac`", "case"),
    ("case a in b) echo", "`case` without `esac`", "case"),
    ("case a b) echo;; esac", "`in` is missing before `b`", "b"),
    ("case ; in esac", "a word is missing after `case`", ";"),
    ("case a in b c) ;; esac", "the shell does not expect `c` here", "c"),
    ("case a in ;; esac", "the shell does not expect `;;` here", ";;"),
    ("case a in b) ( : ;; esac", "the shell does not expect `;;` here", ";;"),
    ("case a in b) : ) ;; esac", "found `)` where `esac` is expected", ")"),
    ("done", "`done` without `do`", "done"),
    ("echo; fi", "`fi` without `if`", "fi"),
    ("echo )", "`)` without `(`", ")"),
    ("echo a (b)", "the shell does not expect `(` here", "("),
    ("}", "`}` without `{`", "}"),
    ("{ echo }", "`{` without `}`", "{"),
    ("f() { echo", "`{` without `}`", "{"),
    ("f() echo", "the body of a function begins with `{`", "echo"),
    ("function ; { :; }", "a name is missing after `function`", ";"),
    ("()", "there is no command between `(` and `)`", ")"),
    ("if true; then fi", "there is no command between `then` and `fi`", "fi"),
    ("while true; do\n# nothing\ndone", "there is no command between `do` and `done`", "done"),
    ("echo a |", "there is no command after `|`", "|"),
    ("echo a | | b", "there is no command after `|`", "|"),
    ("echo a && && b", "there is no command after `&&`", "&&"),
    ("echo a ||", "there is no command after `||`", "||"),
    ("echo a >", "a file name is missing after `>`", ">"),
    ("echo a > | b", "a file name is missing after `>`", ">"),
    ("cat <<\nEOF", "the word that ends it is missing after `<<`", "<<"),
    ("; echo", "the shell does not expect `;` here", ";"),
    ("echo ;; b", "the shell does not expect `;;` here", ";;"),
    ("(echo) echo", "the shell does not expect `echo` here", "echo"),
    ("a=(1 | 2)", "the shell does not expect `|` here", "|"),
    ("[[ -f a ]", "`[[` is never closed", "[["),
    ("if [[ -f a; then :; fi", "`]]` is missing before `;`", ";"),
    ("echo $(if true; then echo)", "`fi` is missing before `)`", ")"),
    ("[[ a == @(b", "the pattern opened here is never closed", "@("),
]


def bash(text):
    """What bash says to a text. It says nothing to one that it can read."""
    done = subprocess.run(["bash", "-n"], input=text.encode(), capture_output=True, check=False)
    lines = done.stderr.decode().splitlines()
    return [line for line in lines if "warning: here-document" not in line]


@needs_bash
@pytest.mark.parametrize("text", VALID)
def test_what_bash_reads_has_no_finding(text):
    assert bash(text) == []
    assert read(text).mistake is None


@needs_bash
@pytest.mark.parametrize(("text", "message", "at"), INVALID, ids=[text for text, _, _ in INVALID])
def test_what_bash_cannot_read_has_a_finding(text, message, at):
    assert bash(text)
    mistake = read(text).mistake
    assert mistake is not None
    assert (mistake.message, text[mistake.start : mistake.end]) == (message, at)
