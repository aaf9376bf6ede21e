"""The steps of a submission as a person reads them: a table, a summary, the command that carries them out."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict

from specc.app.requests import Overwritten, SubmissionRequest, Unprepared
from specc.cli import exits
from specc.cli.console import say, write_table
from specc.cli.printing import print_diagnostics
from specc.submission import Action, Asked, Step, changes_of, cost
from specc.targets.kinds import KINDS
from specc.wording import counted, template_of

OPTIONS = {
    "profiles": "--profile",
    "params": "-p",
    "sets": "--set",
    "only": "--only",
    "cells": "--cell",
    "states": "--state",
}


def asked_of(
    profile: list[str] | None,
    param: list[str] | None,
    set_: list[str] | None,
    only: list[str] | None,
    cell: list[str] | None,
    state: list[str] | None,
    changed: bool,
    rerun: bool,
    resend_unknown: bool,
) -> Asked:
    """Return the options that choose payloads, as the commands that send them have them."""
    return Asked(
        profiles=tuple(profile or ()),
        params=tuple(param or ()),
        sets=tuple(set_ or ()),
        only=tuple(only or ()),
        cells=tuple(cell or ()),
        states=tuple(state or ()),
        changed=changed,
        rerun=rerun,
        resend_unknown=resend_unknown,
    )


def unprepared(refused: Unprepared, *, is_json: bool) -> int:
    """Print why there is nothing to send, and return the exit code."""
    print_diagnostics(refused.diagnostics, is_json=is_json)
    return exits.BROKEN if refused.is_configuration else exits.REFUSED


def show_steps(steps: Sequence[Step]) -> None:
    """Print the steps as a table, each with the fields that changed."""
    head = ("action", "spec", "cell", "name", "why")
    rows = []
    for step in steps:
        rows.append((step.action.value, step.key.spec, step.key.cell, step.payload.shown_name, step.why))
        for change in changes_of(step):
            first, *rest = change.lines()
            rows.append(("", "", "", change.field, first))
            rows.extend(("", "", "", "", line) for line in rest)
    write_table(head, rows)


def say_of_states(request: SubmissionRequest, *, is_retry: bool = False) -> None:
    """Say that looking ahead asks no target, where states decide what is sent."""
    if request.asked.states or is_retry:
        say("the states are those last seen; `specc status` asks the target for the current ones")


def say_of_ignored(request: SubmissionRequest, steps: Sequence[Step]) -> None:
    """Say what the target does not do of the jobs that it would get, once for all of them."""
    target = request.workplace.project.settings.targets.get(request.target)
    found = [names for step in steps if target and (names := KINDS[target.kind].ignored(step.payload.body, target))]
    if found:
        shown = ", ".join(f"`{name}`" for name in dict.fromkeys(name for names in found for name in names))
        say(f"`{request.target}` ignores {shown} of `resource_limit`, in {counted(len(found), 'payload')}")


def say_of_overwritten(found: Sequence[Overwritten]) -> None:
    """Warn of files of earlier jobs, with other parameters, that the payloads to be sent would write anew."""
    if found:
        first = found[0]
        add = f"write `{template_of('params', first.param)}` into `{first.field}` to keep them apart"
        if len(found) == 1:
            say(f"warning: 1 payload writes {first.path}, which a job with other parameters wrote; {add}")
        else:
            what = f"{len(found):,} payloads write files that jobs with other parameters wrote"
            say(f"warning: {what}, such as {first.path}; {add}")


def summary(steps: Sequence[Step], units: dict[str, str]) -> str:
    """Return how many payloads there are of each action, and what those that are sent cost at most."""
    counts = {action: sum(step.action is action for step in steps) for action in Action}
    listed = ", ".join(f"{count:,} {action}" for action, count in counts.items() if count)
    return (
        f"{counted(len(steps), 'payload')}: {listed or 'none'}; "
        f"{cost((step.payload.body for step in steps if step.action.sends), units)}"
    )


def command_of(request: SubmissionRequest) -> str:
    """Return the command that does what the plan says, whole: it can be pasted."""
    given = asdict(request.asked)
    contents = request.workplace.project.site.contents
    words = ["specc", "submit", *map(contents.path_of, request.asked.specs), "--target", request.target]
    words += [word for name, option in OPTIONS.items() for text in given[name] for word in (option, text)]
    flags = {"changed": "--changed", "rerun": "--rerun", "resend_unknown": "--resend-unknown"}
    words += [option for name, option in flags.items() if given[name]]
    return shlex.join(words)
