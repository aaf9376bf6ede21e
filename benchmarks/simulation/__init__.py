"""A simulated Slurm for as many jobs as no test machine has: `python -m benchmarks.simulation`, `make simulate`.

`SimulatedPrograms` answer as sbatch, squeue, sacct, scontrol and scancel do, by a `Controller` with its limits, a
virtual clock and seeded failures; a `Site` says what the cluster is like. `Simulation` takes a project with a sweep
through specc's own command line, in this process, and checks that each cell ran once.

Answers have the shapes of a real Slurm's (tests/slurm/test_simulator_is_faithful.py), and jobs leave what specc's batch
script leaves (tests/unit/test_simulated_jobs.py).
"""

from benchmarks.simulation.clock import VirtualClock, virtual_time
from benchmarks.simulation.controller import Controller
from benchmarks.simulation.programs import SimulatedPrograms
from benchmarks.simulation.run import Figures, Simulation, Step
from benchmarks.simulation.site import ROUGH, STORM, Faults, Load, Site, Times

__all__ = [
    "ROUGH", "STORM", "Controller", "Faults", "Figures", "Load", "SimulatedPrograms", "Simulation", "Site", "Step",
    "Times", "VirtualClock", "virtual_time",
]  # fmt: skip
