"""Opening a site's scheduler as a target. Its commands are run only when the user trusts them."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from specc.errors import SpeccError
from specc.person import Person
from specc.settings import Target as TargetSettings
from specc.system.private import state_home, user_name
from specc.system.programs import safe_path
from specc.system.reader import checkout_of, is_below
from specc.targets.batch.programs import Installed, Programs, Ran, TimedOut
from specc.targets.command import ACTIONS
from specc.targets.command.contract import Listen, SiteCommands
from specc.targets.command.target import CommandTarget, Place
from specc.targets.opening import Opened, Opening
from specc.targets.start import module_variables
from specc.targets.trust import COMMANDS_VARIABLE, TrustedCommands, UntrustedCommands, command_line

KEPT = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ")
KEPT_BEGINNING = ("LC_", "SGE_", "PBS_", "LSF_", "SLURM_CONF")
OF_A_JOB = ("PBS_JOB", "PBS_O_", "PBS_NODE", "PBS_TASK", "PBS_ENV", "SGE_O_", "SGE_TASK", "SGE_STD", "SGE_JOB")
"""Variables of a job that specc itself runs in, which are wrong for another."""

OF_JOBS = ("PATH", "LANG", "LANGUAGE", "TZ")


def open_target(opening: Opening) -> Opened:
    """Return the target. Raises SpeccError where its commands cannot be run, or are not trusted.

    Offline, the target has no way to run a command.
    """
    target = open_commands(opening)
    return Opened(opening.settings.name, target, opening.calls, (), lambda: target.last_error)


def open_commands(opening: Opening, listen: Listen = lambda action, request, ran: None) -> CommandTarget:
    """Return the target, whose conversations with its commands `listen` is told of."""
    settings, environment = opening.settings, opening.environment
    commands = commands_of(settings)
    programs: Programs
    if opening.is_offline:
        programs = _no_program
    else:
        if settings.adapter is None:
            check_places(settings, opening.root)
            ask_for_trust(settings, TrustedCommands(environment, opening.root), opening.person)
        help = f"look at `commands` under `[targets.{settings.name}]`"
        programs = Installed(opening.calls.add, outside=opening.root, help=help)
    caller = user_name()
    cluster = settings.cluster or settings.name
    base = {"target": settings.name, "settings": dict(settings.own_settings)}
    site = SiteCommands(commands, programs, of_commands(opening), base, listen)
    place = Place(cluster, caller, _directory(opening, cluster), of_jobs(environment, settings.environment))
    return CommandTarget(place, settings, opening.units, site)


def commands_of(settings: TargetSettings) -> dict[str, tuple[str, ...]]:
    """Return the four commands of a target. Raises SpeccError where there are not all four."""
    if settings.adapter is not None:
        # Isolated: neither the current folder nor the caller's variables give it a module.
        start = (sys.executable, "-I", str(Path(__file__).with_name(f"{settings.adapter}.py")))
        return {action: (*start, action) for action in ACTIONS}
    missing = [action for action in ACTIONS if not settings.commands.get(action)]
    if missing:
        message = f"the target `{settings.name}` has no command for {', '.join(f'`{name}`' for name in missing)}"
        raise SpeccError(message, help=f"write them as lists of words under `[targets.{settings.name}.commands]`")
    return {action: settings.commands[action] for action in ACTIONS}


def check_places(settings: TargetSettings, root: Path) -> None:
    """Raise SpeccError for a command that the project, or the checkout around it, could have brought."""
    roots = {checkout_of(each) for each in (os.path.abspath(root), os.path.realpath(root))}
    for action, words in commands_of(settings).items():
        program, *rest = words
        where = f"`commands.{action}` of the target `{settings.name}`"
        if os.sep in program and not os.path.isabs(program):
            message = f"{where} begins with `{program}`, expected an absolute path or a name on the PATH"
            raise SpeccError(message, help="the commands of a target start in no folder of the project")
        paths = [program, *rest, *(word.partition("=")[2] for word in rest)]
        for path in filter(os.path.isabs, paths):
            places = (os.path.normpath(path), os.path.realpath(path))
            if any(is_below(place, folder) for place in places for folder in roots):
                help = "put it into a folder outside, where only you or the staff of the site can write"
                raise SpeccError(f"{where} uses {path}, which the repository could have brought", help=help)


def ask_for_trust(settings: TargetSettings, trusted: TrustedCommands, person: Person) -> None:
    """Let only commands run that the user trusts: a person is asked once for each four.

    Raises UntrustedCommands where the answer is no, and where nobody can be asked.
    """
    commands = commands_of(settings)
    if trusted.trusts(commands):
        return
    if person.can_answer():
        person.tell(f"The settings of this project send the jobs of the target `{settings.name}` through commands:")
        for action, words in commands.items():
            person.tell(f"  {action:7} {command_line(words)}")
        person.tell("They run as you, whenever jobs are sent, asked for or cancelled.")
        if person.confirm("Trust these commands from now on?"):
            trusted.add(commands)
            return
    message = f"the target `{settings.name}` runs commands that you have not trusted: {_listed(commands)}"
    digest = trusted.digest(commands)
    help = (
        f"if they are right, run `specc trust --target {settings.name}`; "
        f"on a CI runner set `{COMMANDS_VARIABLE}={digest}`"
    )
    raise UntrustedCommands(message, help=help)


def of_commands(opening: Opening) -> dict[str, str]:
    """Return the environment of the commands: a short list, with a PATH that leads into no checkout."""
    environment, named = opening.environment, set(opening.settings.environment)
    own = {
        name: value
        for name, value in environment.items()
        if name in KEPT or name in named or (name.startswith(KEPT_BEGINNING) and not name.startswith(OF_A_JOB))
    }
    path = os.pathsep.join(safe_path(environment, outside=opening.root)) or os.defpath
    return {**own, "PATH": path}


def of_jobs(environment: Mapping[str, str], more: Sequence[str]) -> dict[str, str]:
    """Return the caller's variables that jobs get: as on other targets, and those that the settings name."""
    names = {*OF_JOBS, *more}
    own = {name: value for name, value in environment.items() if name in names or name.startswith("LC_")}
    return {"PATH": os.defpath, **module_variables(environment), **own}


def _listed(commands: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{action}: {command_line(words)}" for action, words in commands.items())


def _no_program(
    command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: bytes = b""
) -> Ran | TimedOut:
    raise AssertionError("a look ahead runs no command")


def _directory(opening: Opening, cluster: str) -> Path:
    """Return the folder of the jobs: the state folder of the user, which clusters share with their nodes."""
    said = opening.settings.directory
    kind = opening.settings.kind
    directory = Path(os.path.expanduser(said)) if said else state_home(opening.environment) / kind / cluster
    if not directory.is_absolute():
        setting = f"`directory` under `[targets.{opening.settings.name}]`"
        raise SpeccError(f"{setting} is `{said}`, expected an absolute path or one that begins with `~/`")
    return directory.resolve()
