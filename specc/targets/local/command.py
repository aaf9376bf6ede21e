"""Starting a job's command: its files opened, its directory entered, bash in a process group of its own."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from specc.system.programs import find_program
from specc.targets.local import environment
from specc.targets.local.files import no_folder
from specc.targets.local.jobs import Job, Run
from specc.targets.local.paths import JobDir
from specc.targets.secrets import kept_from_jobs
from specc.targets.start import starter_of, starter_of_file

BASH = "/bin/bash"
RESET = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTERM, signal.SIGCHLD, signal.SIGXFSZ)
"""Signals that Python or a caller's `nohup` ignores; a program expects the default."""


class CannotStart(Exception):
    """The command was not started, and never will be. The reason is for the user."""


def prepare(folder: JobDir, run: Run) -> None:
    """Make the job's directory and its script. To do so twice, or by two processes at once, makes no difference."""
    folder.work.mkdir(parents=True, exist_ok=True)
    if run.command is not None:
        part = folder.script.with_name(f"{folder.script.name}.{os.getpid()}")
        try:
            part.write_text(run.command, encoding="utf-8")
            part.rename(folder.script)
        finally:
            part.unlink(missing_ok=True)


def start(job: Job, run: Run, folder: JobDir) -> int:
    """Return the pid of the started command. Raises CannotStart. This process enters the job's folder, too."""
    workdir = run.workdir or str(folder.work)
    variables = environment.of_job(
        {**run.environment, **run.variables},
        uuid=job.uuid,
        name=job.name,
        cores=job.cores,
        threads=run.threads or job.cores,
        directory=str(folder.root),
        workdir=workdir,
    )
    program, *arguments = starter_of(run.command) if run.command is not None else starter_of_file(run.script or "")
    path = (find_program("bash", variables) or BASH) if program == "bash" else program
    os.umask(run.umask)
    with _says(f"cannot start in {workdir}"):
        os.chdir(workdir)
    with _streams(run, folder) as streams, _says(f"cannot run {path}"):
        return os.posix_spawn(
            path,
            [program, *arguments, run.script or str(folder.script)],
            variables,
            file_actions=[(os.POSIX_SPAWN_DUP2, stream, number) for number, stream in enumerate(streams)],
            setpgroup=0,
            setsigmask=(),
            setsigdef=RESET,
        )


@contextlib.contextmanager
def _streams(run: Run, folder: JobDir) -> Iterator[tuple[int, int, int]]:
    """Return descriptors of stdin, stdout and stderr. The last two are equal where both are one file."""
    with contextlib.ExitStack() as stack:
        stdin = _open(Path(run.stdin or os.devnull), os.O_RDONLY, stack)
        out = folder.stream("stdout", run.stdout, run.workdir)
        err = folder.stream("stderr", run.stderr, run.workdir)
        stdout = _open_output(out, stack)
        stderr = stdout if _is_same(err, stdout) else _open_output(err, stack)
        yield stdin, stdout, stderr


def _open_output(path: Path, stack: contextlib.ExitStack) -> int:
    """Open an output for appending, so that a second writer of the file does not overwrite the first."""
    with _says(f"cannot make the folder {path.parent}"):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise CannotStart(f"cannot make the folder {path.parent}: {no_folder(path.parent)}") from error
    return _open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, stack)


def _open(path: Path, flags: int, stack: contextlib.ExitStack) -> int:
    """Open a file without waiting: a FIFO that nobody reads would wait for ever. Raises CannotStart for a key."""
    if (why := kept_from_jobs(str(path))) is not None:
        raise CannotStart(f"cannot open {path}: {why}")
    with _says(f"cannot open {path}"):
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    stack.callback(os.close, descriptor)
    os.set_blocking(descriptor, True)
    return descriptor


def _is_same(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except OSError:
        return False


@contextlib.contextmanager
def _says(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotStart(f"{what}: {error.strerror}") from error
