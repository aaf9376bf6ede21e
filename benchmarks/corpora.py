"""Projects of any size, by a seed: specs with templates and a parent, and the same as plain YAML for the peers."""

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.schemas import plain_schema

SETTINGS = """\
project = "study"
target = "cluster"

[units]
mem_limit = "MiB"
time_limit = "min"

[targets.cluster]
kind = "ehpc"
endpoint = "http://127.0.0.1:9/api"
job = {zone = "jn1a", cluster_id = "ehpc-8jqdq0mz", run_user = "usr-IuZxPyn2"}
"""

BASE = """\
# How the group runs any case: copy it, prepare it, solve it.
specc: 1
abstract: true
params:
  ranks: {type: integer, default: 64, minimum: 2, description: MPI ranks}
vars:
  scratch: /scratch/cfd
  run_dir: "{{ vars.scratch }}/{{ spec.name }}"
job:
  core_limit: "{{ params.ranks }}"
  mem_limit: 64GiB
  scheduler_queue_name: normal
  time_limit: 2h30m
"""

SPEC = """\
# Case %(number)s of the study: %(case)s at %(speed)s m/s.
specc: 1
extends: ../base/solver.job.yaml
params:
  ranks: {default: %(ranks)s}
  speed: {type: number, default: %(speed)s, minimum: 1, description: Speed of the flow in m/s}
vars:
  case: /home/cfd/cases/%(case)s
  solver: %(solver)s
  mesh:
    - blockMesh
    - surfaceFeatureExtract
    - snappyHexMesh -overwrite
  settings:
    - [system/controlDict, endTime, %(steps)s]
    - [system/controlDict, writeInterval, 100]
    - [0/initialConditions, flowVelocity, "({{ params.speed }} 0 0)"]
job:
  name: "%(case)s-{{ params.ranks }}-%(number)s"
  mem_limit: %(memory)sGiB
  time_limit: %(hours)sh
  cmd_line: |
    #!/bin/bash
    source /opt/openfoam/etc/bashrc
    set -eu
    cp -r {{ vars.case | sh }}/. {{ vars.run_dir | sh }}
    cd {{ vars.run_dir | sh }}
    {%% for file, entry, value in vars.settings -%%}
    foamDictionary {{ file | sh }} -entry {{ entry | sh }} -set {{ value | sh }}
    {%% endfor -%%}
    {{ vars.mesh | join('\\n') | raw }}
    mpirun -np {{ params.ranks }} {{ vars.solver | sh }} -parallel
"""

PLAIN = """\
# Case %(number)s of the study: %(case)s at %(speed)s m/s.
specc: 1
params:
  ranks: {default: %(ranks)s}
  speed: {type: number, default: %(speed)s, minimum: 1, description: Speed of the flow in m/s}
vars:
  case: /home/cfd/cases/%(case)s
  solver: %(solver)s
  mesh:
    - blockMesh
    - surfaceFeatureExtract
    - snappyHexMesh -overwrite
  settings:
    - [system/controlDict, endTime, %(steps)s]
    - [system/controlDict, writeInterval, 100]
    - [0/initialConditions, flowVelocity, "(%(speed)s 0 0)"]
job:
  name: %(case)s-%(ranks)s-%(number)s
  cluster_id: ehpc-8jqdq0mz
  run_user: usr-IuZxPyn2
  zone: jn1a
  core_limit: %(ranks)s
  mem_limit: %(mebibytes)s
  time_limit: %(minutes)s
  scheduler_queue_name: normal
  cmd_line: |
    #!/bin/bash
    source /opt/openfoam/etc/bashrc
    set -eu
    cp -r /home/cfd/cases/%(case)s/. /scratch/cfd/case-%(number)s
    cd /scratch/cfd/case-%(number)s
    foamDictionary system/controlDict -entry endTime -set %(steps)s
    mpirun -np %(ranks)s %(solver)s -parallel
"""

CASES = ("cavity", "motorbike", "pitz-daily", "dam-break", "wing", "elbow", "duct", "mixer")
SOLVERS = ("simpleFoam", "pisoFoam", "icoFoam", "interFoam")


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with `specc.toml`, `base/` and `jobs/`; beside `jobs/`, `plain/` says the same without templates."""

    root: Path
    size: int

    @property
    def schema(self) -> Path:
        return self.root / "plain.schema.json"

    @property
    def specs(self) -> list[Path]:
        return sorted((self.root / "jobs").iterdir())

    @property
    def plain(self) -> list[Path]:
        return sorted((self.root / "plain").iterdir())


def project(root: Path, size: int, seed: int = 0) -> Project:
    """So many specs of one base. The same seed gives the same bytes on every machine."""
    start(root)
    (root / "jobs").mkdir()
    (root / "plain").mkdir()
    (root / "base" / "solver.job.yaml").write_text(BASE, encoding="utf-8")
    (root / "plain.schema.json").write_text(json.dumps(plain_schema(), indent=2), encoding="utf-8")
    random = Random(seed)
    for index in range(1, size + 1):
        values = _values(random, f"{index:05}")
        (root / "jobs" / f"case-{index:05}.job.yaml").write_text(SPEC % values, encoding="utf-8")
        (root / "plain" / f"case-{index:05}.yaml").write_text(PLAIN % values, encoding="utf-8")
    return Project(root, size)


def start(root: Path) -> None:
    """An empty project. A folder that is there already is no place for one."""
    (root / "base").mkdir(parents=True)
    (root / "specc.toml").write_text(SETTINGS, encoding="utf-8")


def _values(random: Random, number: str) -> dict[str, str | int | float]:
    hours, memory = random.randint(1, 24), random.choice((16, 32, 64, 128, 192))
    return {
        "number": number,
        "case": random.choice(CASES),
        "solver": random.choice(SOLVERS),
        "ranks": random.choice((16, 32, 64, 128, 256)),
        "speed": random.randint(40, 120) / 4,
        "steps": random.randint(10, 80) * 100,
        "memory": memory,
        "mebibytes": memory * 1024,
        "hours": hours,
        "minutes": hours * 60,
    }
