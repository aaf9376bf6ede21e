"""A slurmdbd with a MariaDB of its own behind it, in a cluster's folder, on loopback ports."""

import getpass
import secrets
from collections.abc import Callable
from pathlib import Path

PROGRAMS = ("slurmdbd", "sacct", "sacctmgr", "mariadbd", "mariadb-install-db", "mariadb")

CONF = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser={user}
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={storage_port}
StorageUser=slurm
StoragePass={password}
StorageLoc=slurm
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
"""
OF_CONTROLLER = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={port}
AccountingStoragePass={folder}/munge.sock
AccountingStorageEnforce=associations,limits
{stored}
"""
SQL = """\
CREATE DATABASE IF NOT EXISTS slurm;
CREATE USER IF NOT EXISTS 'slurm'@'127.0.0.1' IDENTIFIED BY '{password}';
GRANT ALL ON slurm.* TO 'slurm'@'127.0.0.1';
"""

Run = Callable[..., str]
Until = Callable[[Callable[[], bool]], None]


class Accounting:
    """`stores_comments` is a site's choice; sacct shows no comment of a job where it is not made."""

    def __init__(self, folder: Path, ports: tuple[int, int], stores_comments: bool) -> None:
        self.folder = folder
        self.port, self.storage_port = ports
        self.password = secrets.token_hex(8)
        self.stored = "AccountingStoreFlags=job_comment" if stores_comments else ""

    @property
    def of_controller(self) -> str:
        """The lines of slurm.conf."""
        return OF_CONTROLLER.format(folder=self.folder, port=self.port, stored=self.stored)

    def start(self, run: Run, until: Until) -> None:
        """Before the controller."""
        self._start_database(run, until)
        conf = self.folder / "slurmdbd.conf"
        names = {"port": self.port, "storage_port": self.storage_port, "password": self.password}
        conf.write_text(CONF.format(folder=self.folder, user=getpass.getuser(), **names))
        conf.chmod(0o600)
        run("slurmdbd")
        until(lambda: run("sacctmgr", "-n", "show", "cluster") is not None)
        run("sacctmgr", "-i", "add", "cluster", "specctest")
        run("sacctmgr", "-i", "add", "account", "project", "cluster=specctest")
        run("sacctmgr", "-i", "add", "user", getpass.getuser(), "account=project")

    def _start_database(self, run: Run, until: Until) -> None:
        data, user = f"--datadir={self.folder}/data", f"--user={getpass.getuser()}"
        run("mariadb-install-db", "--no-defaults", data, user, "--auth-root-authentication-method=normal", seconds=120)
        (self.folder / "first.sql").write_text(SQL.format(password=self.password))
        names = {"socket": "my.sock", "pid-file": "mariadbd.pid", "init-file": "first.sql", "log-error": "mariadbd.log"}
        command = ["mariadbd", "--no-defaults", data, user, "--bind-address=127.0.0.1", "--skip-name-resolve"]
        command += [f"--port={self.storage_port}", "--innodb-buffer-pool-size=32M"]
        command += [f"--{option}={self.folder / name}" for option, name in names.items()]
        run("setsid", "sh", "-c", '"$@" >/dev/null 2>&1 </dev/null &', "sh", *command)
        login = [f"--port={self.storage_port}", "--host=127.0.0.1", "--user=slurm", f"--password={self.password}"]
        until(lambda: "slurm" in run("mariadb", "--no-defaults", *login, "--execute=SHOW DATABASES"))
