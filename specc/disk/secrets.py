"""Files of a checkout that must not be sent: those of git, and those that hold keys and passwords.

A spec can include any file of its project, and what it includes goes into a payload, a diff and a comment in a merge
request. A checkout on a CI runner holds more than what was committed: `.git/config` has the token that fetched it.
So these files are refused by name, in any letter case, wherever in the project they lie.
"""

import os
import unicodedata
from functools import lru_cache

GIT = ".git"
BELONGS_TO_GIT = "belongs to git"
KEPT_THERE = "lies where keys and passwords are kept"
GIT_ALIASES = (GIT, "git~1")
"""The names of git's folder. The second is the short name that some file systems give to the first."""

FOLDERS = frozenset(
    {".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".gcloud", ".qingcloud", ".oci", ".hg", ".svn", ".bzr"}
    | {".jj", ".password-store", ".terraform.d", ".secrets"}
)
FILES = frozenset(
    {".netrc", "_netrc", ".git-credentials", ".gitconfig", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pypirc", ".pgpass"}
    | {".my.cnf", ".mylogin.cnf", ".htpasswd", ".dockercfg", ".dockerconfigjson", ".vault-token", ".boto", ".s3cfg"}
    | {".passwd-s3fs", ".rclone.conf", "rclone.conf", ".terraformrc", "terraform.tfstate", ".envrc", ".condarc"}
    | {"credentials", "credentials.json", "credentials.toml", "credentials.yaml", "credentials.yml", ".credentials"}
    | {"keys.env", "specc.local.toml", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".bash_history", ".zsh_history"}
    | {".python_history", ".psql_history", ".mysql_history", ".smbcredentials", ".fetchmailrc", ".msmtprc"}
    | {"kubeconfig", "pip.conf", ".databrickscfg", ".snowflake", ".huggingface", ".wandb", ".env"}
)
BEGINNINGS = (".env.", "secrets.", "gha-creds-")
ENDINGS = (".env", ".pem", ".key", ".ppk", ".kdbx", ".p12", ".pfx", ".jks", ".keystore", ".keytab", ".gpg")
HARMLESS = (".env.example", ".env.sample", ".env.template", ".env.dist")
"""Files that only show how the real file looks."""


def kind_of_secret(path: str) -> str | None:
    """Return which kind of secret a path below the project is, in words, or None."""
    folder, _, base = path.rpartition("/")
    last = _folded(base)
    if last in GIT_ALIASES or (kind := _kind_of_folder(folder)) == BELONGS_TO_GIT:
        return BELONGS_TO_GIT
    if kind is not None or last in FOLDERS:
        return KEPT_THERE
    if last in HARMLESS:
        return None
    if last in FILES or last.startswith(BEGINNINGS) or last.endswith(ENDINGS):
        return "has the name of a file of keys and passwords"
    return None


@lru_cache(maxsize=256)
def _kind_of_folder(path: str) -> str | None:
    """Return which kind of secret all files of a folder are. A folder can have thousands."""
    names = [_folded(part) for part in path.split("/")]
    if any(name in GIT_ALIASES for name in names):
        return BELONGS_TO_GIT
    return KEPT_THERE if any(name in FOLDERS for name in names) else None


def is_git_folder(folder: str) -> bool:
    """Return whether git would take the folder for a repository of its own, whatever it is called."""
    head = os.path.join(folder, "HEAD")
    return os.path.lexists(head) and (
        (os.path.isdir(os.path.join(folder, "objects")) and os.path.isdir(os.path.join(folder, "refs")))
        or os.path.isfile(os.path.join(folder, "commondir"))
    )


def _folded(name: str) -> str:
    """Return a name as a file system reads it that ignores letter case, invisible characters, and dots at the end."""
    if name.isascii():  # as nearly all are
        return name.lower().rstrip(". ") or name
    visible = "".join(c for c in name if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFKC", visible).casefold().rstrip(". ") if visible.strip(". ") else visible
