"""`specc plan`: what submitting would do, for a person to read and to approve."""

import json
import secrets
import shlex
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from specc.cli.exits import CHANGES, OK, REFUSED
from specc.cli.options import Cells, Only, Params, Profiles, Sets
from specc.cli.ordering import Order, check_is_text, decide, order, refusals
from specc.cli.printing import print_findings
from specc.cli.sendoptions import Changed, Output, Rerun, Resend, Specs, States, ToTarget
from specc.cli.session import Session
from specc.cli.sites import STDIN
from specc.cli.speech import counted, say, write_json, write_table
from specc.cli.targets import Opened
from specc.errors import SpeccError
from specc.reporters import TextOrJson, format_named
from specc.submission.changes import cost
from specc.submission.plan import Action, Step
from specc.submission.planfile import Asked, Heading, changes_of, document
from specc.targets.refusals.local import ignored
from specc.workspace.outputs import write_file

OPTIONS = {
    "profiles": "--profile",
    "params": "-p",
    "sets": "--set",
    "only": "--only",
    "cells": "--cell",
    "states": "--state",
}

Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the plan for `submit --plan FILE`.")]
Check = Annotated[bool, typer.Option("--check", help="Exit with 10 when anything is not as it was sent.")]


def plan(
    paths: Specs = None,
    out: Out = None,
    check: Check = False,
    output: Output = "text",
    state: States = None,
    changed: Changed = False,
    rerun: Rerun = False,
    resend_unknown: Resend = False,
    profile: Profiles = None,
    param: Params = None,
    set_: Sets = None,
    only: Only = None,
    cell: Cells = None,
    target: ToTarget = None,
) -> int:
    """Show what submitting would send, what is there already, and what changed. Nothing is sent.

    Example: specc plan jobs --out plan.json
    """
    format_named(output, TextOrJson)
    if out is not None and STDIN in (paths or ()):
        raise SpeccError("a plan of standard input cannot be carried out later", help="write the spec to a file")
    if out is not None:
        check_is_text(str(out))
    session = Session()
    asked = asked_of(profile, param, set_, only, cell, state, changed, rerun, resend_unknown)
    ordered = order(session, session.specs(list(paths or ())), asked, target, is_json=output == "json")
    if isinstance(ordered, int):
        return ordered
    ordered.workplace.check_name(ordered.target)
    opened = ordered.workplace.open_to_look(ordered.target)
    # A plan in a file is bound to a ledger, so there must be one.
    with ordered.workplace.ledger() if out is not None else ordered.workplace.ledger_for_plan() as ledger:
        seen = ordered.workplace.settled(opened, ledger)
        steps = decide(ordered, seen, ledger)
        ledger_id = ledger.id
    if print_findings(refusals(steps, seen), is_json=output == "json"):
        return REFUSED
    show(ordered, replace(opened, target=seen), ledger_id, steps, output, out)
    has_changes = any(step.action is not Action.KEEP for step in steps)
    return CHANGES if check and has_changes else OK


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
    return Asked(
        (),
        tuple(profile or ()),
        tuple(param or ()),
        tuple(set_ or ()),
        tuple(only or ()),
        tuple(cell or ()),
        tuple(state or ()),
        changed,
        rerun,
        resend_unknown,
    )


def show(order: Order, opened: Opened, ledger_id: str, steps: list[Step], output: str, out: Path | None) -> None:
    command = f"specc submit --plan {shlex.quote(str(out))}" if out is not None else command_of(order)
    project = order.workplace.project.settings.project
    heading = Heading(
        secrets.token_hex(8), ledger_id, project, order.target, opened.target.identity, command, time.time()
    )
    data = document(heading, order.asked, steps, order.units)
    if out is not None:
        write_file(out, json.dumps(data, ensure_ascii=False, indent=2) + "\n")
    if output == "json":
        del data["version"]
        write_json(data)
        return
    show_steps(steps)
    if opened.place is not None:
        say(f"the target `{order.target}` is at {opened.place}")
    say(summary(steps, order.units))
    say_of_ignored(order, steps)
    say_of_states(order)
    if any(step.action.sends for step in steps):
        say(f"to send it: {command}")


def say_of_states(order: Order) -> None:
    """Looking ahead asks no target."""
    if order.asked.states:
        say("the states are those last seen; `specc status` asks for those of now")


def say_of_ignored(order: Order, steps: list[Step]) -> None:
    """Say what the target does not do of the jobs that it would get, once for all of them."""
    target = order.workplace.project.settings.targets.get(order.target)
    found = [names for step in steps if target and (names := ignored(step.payload.body, target))]
    if found:
        shown = ", ".join(f"`{name}`" for name in dict.fromkeys(name for names in found for name in names))
        say(f"`{order.target}` ignores {shown} of `resource_limit`, in {counted(len(found), 'payload')}")


def show_steps(steps: list[Step]) -> None:
    """The steps as a table, each with the fields that changed."""
    head = ("action", "spec", "cell", "name", "why")
    rows = []
    for step in steps:
        rows.append((step.action.value, step.key.spec, step.key.cell, step.payload.shown_name, step.why))
        for change in changes_of(step):
            first, *rest = change.lines()
            rows.append(("", "", "", change.field, first))
            rows.extend(("", "", "", "", line) for line in rest)
    write_table(head, rows)


def summary(steps: list[Step], units: dict[str, str]) -> str:
    counts = {action: sum(step.action is action for step in steps) for action in Action}
    listed = ", ".join(f"{count:,} {action}" for action, count in counts.items() if count)
    return (
        f"{counted(len(steps), 'payload')}: {listed or 'none'}; "
        f"{cost((step.payload.body for step in steps if step.action.sends), units)}"
    )


def command_of(order: Order) -> str:
    """The command that does what the plan says, whole: it can be pasted."""
    given = asdict(order.asked)
    contents = order.workplace.project.site.contents
    words = ["specc", "submit", *map(contents.path_of, order.asked.specs), "--target", order.target]
    words += [word for name, option in OPTIONS.items() for text in given[name] for word in (option, text)]
    flags = {"changed": "--changed", "rerun": "--rerun", "resend_unknown": "--resend-unknown"}
    words += [option for name, option in flags.items() if given[name]]
    return shlex.join(words)
