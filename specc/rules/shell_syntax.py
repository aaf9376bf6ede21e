"""Commands that the shell cannot read, or reads to an end that was not meant."""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Fix, Label, replacing_fix
from specc.diagnostics.codes import SHELL_SYNTAX_ERROR, UNENDED_HERE_DOCUMENT
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule
from specc.rules.written import Written, written
from specc.shell import Here, ShellMistake


def shell_syntax_error(job: Job) -> Iterator[Diagnostic]:
    """The shell cannot read a command.

    ## What
    Finds mistakes of syntax in `cmd_line` and in the script of a `$file`, after the templates in them have been
    evaluated: quotes and parentheses that nothing closes, `if` without `fi`, `done` without `do`, an operator without a
    command. The commands are held to the grammar of bash. A script whose first line names another program is not looked
    at.

    ## Why
    The API takes any text. The job waits in the queue, starts, and ends at once with a message in its standard error.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: |
        for mesh in coarse fine; do
          ./solver "$mesh"
        fi
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: |
        for mesh in coarse fine; do
          ./solver "$mesh"
        done
    ```
    """
    for command in commands(job):
        mistake = command.reading.mistake
        # Other rules report folded here-documents, and here-documents that swallow all that follows.
        is_here = bool(command.reading.unended) or (command.is_folded and bool(command.reading.heres))
        if mistake is not None and not is_here:
            span = command.span(mistake.start, mistake.end)
            labels = (*_opened(command, mistake), *command.labels())
            yield SHELL_SYNTAX_ERROR.at(span, mistake.message, labels=labels, help=mistake.help)


def _opened(command: Command, mistake: ShellMistake) -> Iterator[Label]:
    if mistake.opened is not None and mistake.opened[0] != mistake.start:
        is_quote = command.text[mistake.opened[0]] in "'\""
        text = "this quote goes over several lines; it may be the one that is not closed" if is_quote else "opened here"
        yield Label(command.span(*mistake.opened), text)


def unended_here_document(job: Job) -> Iterator[Diagnostic]:
    """An unterminated here-document: it runs to the end of the command.

    ## What
    Finds a here-document (`<<EOF`) in `cmd_line` or in a script that no line ends. The line must be the word alone:
    nothing before it, no blank after it, also inside of `if`, loops and functions. With `<<-`, tabs may stand before
    it, but spaces may not.

    ## Why
    The shell takes all that follows as text of the here-document. It only warns, and the commands after it never run.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: |
        cat > case.ini <<EOF
        mesh = fine
          EOF
        ./solver case.ini
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: |
        cat > case.ini <<EOF
        mesh = fine
        EOF
        ./solver case.ini
    ```
    """
    for command in commands(job):
        # Another rule reports folded here-documents.
        for here in command.reading.unended if not command.is_folded else ():
            message = f"no line `{here.word}` ends this here-document"
            near = _nearly_ended(command.text, here)
            span = command.span(here.start, here.end)
            help, fix = _how_to_end(here, near), _with_end(written(command), here)
            yield UNENDED_HERE_DOCUMENT.at(span, message, labels=command.labels(here.start), help=help, fix=fix)


def _nearly_ended(text: str, here: Here) -> str | None:
    """Return the first line that would end it without the blanks around its word."""
    return next((line for line in text[here.end :].split("\n")[1:] if line.strip() == here.word), None)


def _how_to_end(here: Here, near: str | None) -> str:
    if near is None:
        return f"write `{here.word}` on a line of its own"
    where = "before" if near != near.lstrip() else "after"
    return f"there is a line with `{here.word}`, but also blanks {where} it: remove them"


def _with_end(text: Written, here: Here) -> Fix | None:
    """Return the fix that removes the blanks around the word that should end it."""
    same = next((other for other in text.reading.unended if other.word == here.word), None)
    near = _nearly_ended(text.text, same) if same is not None and text.sent is None else None
    if same is None or near is None:
        return None
    start = text.text.find(f"\n{near}\n", same.end) + 1
    if not start:
        return None
    span = text.span(start, start + len(near))
    return replacing_fix(span, near, here.word)


RULES = (
    JobRule(SHELL_SYNTAX_ERROR, shell_syntax_error),
    JobRule(UNENDED_HERE_DOCUMENT, unended_here_document),
)
