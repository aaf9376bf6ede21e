"""Which commit the work tree is compared with."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from specc.comparison.git import GitFault, Repository
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass

TWO_SPECS = "two specs can be compared without git: `specc diff a.job.yaml b.job.yaml`"
REMOTE = "refs/remotes/origin/"
SHORT = 10

MERGE_TARGETS = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
"""Where GitHub and GitLab say which branch a merge request is for. Elsewhere, or else, they are not set or empty."""


@dataclass(frozen=True, slots=True)
class Base:
    """A commit, with the words for it: "1a2b3c4d5e, the merge base with origin/main"."""

    commit: str
    words: str

    @property
    def short(self) -> str:
        return self.commit[:SHORT]


def open_repository(folder: Path, environment: Mapping[str, str]) -> Repository:
    """Return the repository. Raises SpeccError where the folder is not in a work tree, or has no commit yet."""
    repository = Repository(folder, environment)
    try:
        inside = repository.ask("rev-parse", "--is-inside-work-tree").strip()
    except GitFault as fault:
        if "not a git repository" in str(fault):
            raise SpeccError(f"{folder} is not in a git repository", help=TWO_SPECS) from fault
        if "dubious ownership" in str(fault):
            place = str(fault).partition(" at ")[2] or str(folder)
            help = (
                "run specc as that user, in a container with `--user`; or, if you trust it, "
                f"`git config --global --add safe.directory {place}`"
            )
            raise SpeccError(f"the git repository at {place} belongs to another user", help=help) from fault
        raise SpeccError(f"git refuses: {fault}") from fault
    if inside != b"true":
        raise SpeccError(f"{folder} is not a work tree of a git repository", help=TWO_SPECS)
    if _commit(repository, "HEAD") is None and not repository.ask("for-each-ref", "--count=1"):
        raise SpeccError("the git repository has no commit yet", help="there is nothing to compare with until then")
    return repository


def named(repository: Repository, revision: str) -> Base | None:
    """Return the commit that a person means, or None where git knows no such revision."""
    if revision.startswith("-") or "\0" in revision:
        return None
    commit = _commit(repository, revision)
    if commit is None:
        return None
    short = commit[:SHORT]
    return Base(commit, short if commit.startswith(revision) else f"{short}, {revision}")


def unknown(repository: Repository, revision: str) -> SpeccError:
    """Return the error for a word that is neither a revision nor a path."""
    message = f"`{revision}` is neither a revision nor a path"
    if ".." in revision:
        return SpeccError(message, help="name one revision: the other side is the work tree")
    if _is_shallow(repository):
        return SpeccError(f"{message}, and this clone is shallow", help=_fetch(None))
    return SpeccError(message, help="`git log --oneline` and `git branch --all` show what there is")


def usual(repository: Repository, environment: Mapping[str, str]) -> Base:
    """Return the merge base of HEAD with the branch that work is merged into; HEAD where there is no such branch.

    Raises SpeccError where a shallow clone does not reach that far.
    """
    head = _commit(repository, "HEAD")
    if head is None:
        raise SpeccError("the branch has no commit yet", help="name a revision: `specc diff REV`")
    wanted = next((environment[name] for name in MERGE_TARGETS if environment.get(name)), None)
    branch = next((ref for ref in _branches(repository, wanted) if _commit(repository, ref) is not None), None)
    is_shallow = _is_shallow(repository)
    if branch is None:
        if is_shallow or wanted:
            what = f"`{wanted}`" if wanted else "its default branch"
            how = f"run `git fetch origin +{wanted}:{REMOTE}{wanted}`" if not is_shallow else _fetch(wanted)
            raise SpeccError(f"this clone does not have {what} to compare with", help=how)
        return Base(head, f"{head[:SHORT]}, the last commit")
    shown = branch.removeprefix("refs/remotes/").removeprefix("refs/heads/")
    base = repository.line("merge-base", "HEAD", branch)
    if base is None:
        if is_shallow:
            message = f"this clone is shallow, and the merge base with {shown} is not in it"
            raise SpeccError(message, help=_fetch(None))
        raise SpeccError(f"HEAD and {shown} have no commit in common", help="name a revision: `specc diff REV`")
    what = "the last commit" if base == head else f"the merge base with {shown}"
    return Base(base, f"{base[:SHORT]}, {what}")


def _branches(repository: Repository, wanted: str | None) -> Iterator[str]:
    if wanted:
        yield from (f"{REMOTE}{wanted}", f"refs/heads/{wanted}")
        return
    default = repository.line("symbolic-ref", "--quiet", f"{REMOTE}HEAD")
    if default:
        yield default
    for name in ("main", "master"):
        yield f"{REMOTE}{name}"
    for name in ("main", "master"):
        yield f"refs/heads/{name}"


def _commit(repository: Repository, revision: str) -> str | None:
    return repository.line("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")


def _is_shallow(repository: Repository) -> bool:
    return repository.line("rev-parse", "--is-shallow-repository") == "true"


def _fetch(branch: str | None) -> str:
    if branch is None:
        return "run `git fetch --unshallow origin`"
    return f"run `git fetch --unshallow origin +{branch}:{REMOTE}{branch}`"
