"""What kinds of targets share whose scheduler runs a batch script of specc, as Slurm does.

`folder` is the folder of one submission, by which it is found again and runs once; `script` makes the script that runs
the command in it; `jobs` prepares folders for attempts and finds the outputs; `reports` says how a job ended by what it
left in its folder; `programs` starts the programs of a scheduler. They are imported as modules, because a check imports
the faces of all kinds.
"""
