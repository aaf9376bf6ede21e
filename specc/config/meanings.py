"""What each setting means, for the manual and for editors. Neither can be made while a sentence is missing."""

MEANINGS = {
    "project": "the name of the project, which tells its submissions in the ledger from others; default: the name of "
    "the folder",
    "target": "where payloads go when `--target` does not say otherwise; default `local`, this machine",
    "api": "the API version of specs without `api`: `ehpc/v1`, the default, or `ehpc/v2`",
    "include": "patterns of the files that are specs, relative to the root of the project; default `**/*.job.yaml`",
    "exclude": "patterns of files that are not specs although `include` matches them",
    "env": "the environment variables that templates may read as `env.NAME`; default: none",
    "defaults.NAME": "the value of a job field that nothing else sets: a value that a spec sets or inherits is "
    "stronger",
    "units.NAME": "the unit in which your cluster counts the field `mem_limit` (such as `MiB`) or `time_limit` "
    "(such as `min`)",
    "ledger.path": "the ledger, which records what was sent, if not at its [usual path](submission.md); `specc ledger "
    "init` makes the file",
    "ledger.shared": "whether the users of a group may write that ledger; default false",
    "targets.NAME.kind": "`local`: this machine; `slurm`: a cluster through `sbatch`; `command`: "
    "[any other scheduler](schedulers.md), through commands of the site; `ehpc`: the signed web API",
    "targets.NAME.endpoint": "of an `ehpc` target: the address of the API",
    "targets.NAME.job.NAME": "the value of a job field that belongs to the target, such as `zone`; stronger than "
    "`defaults`",
    "targets.NAME.units.NAME": "as `units.NAME`, for this target",
    "targets.NAME.run_as": "of any target but `ehpc`: whatever `run_user` says, jobs run as the user who submits",
    "targets.NAME.queues.NAME.max_cores": "the most cores that a job in this queue may ask for",
    "targets.NAME.queues.NAME.max_time": "the longest time that a job in this queue may ask for, such as `24h`",
    "targets.NAME.queues.NAME.max_mem": "the most memory that a job in this queue may ask for, such as `256GiB`",
    "targets.NAME.queues.NAME.layout": "as `targets.NAME.layout`, for this queue",
    "targets.NAME.tag_names": "add a short tag to the names of jobs, so that they can be found; default false",
    "targets.NAME.needs_queue": "each job must say which queue it runs in; default false",
    "targets.NAME.layout": "of a [`slurm`](slurm.md) target: whether cores are MPI tasks, or threads of one task; "
    "default `threads`",
    "targets.NAME.hpcqueues.NAME": "of a `slurm` or `command` target: the partition or queue that this "
    "`hpcqueue_id` stands for",
    "targets.NAME.resource_limits.NAME": "of a `slurm` target: what this text in the field `resource_limit` means "
    "to sbatch",
    "targets.NAME.options": "of a `slurm` target: options of sbatch for every job, such as `--account=NAME`",
    "targets.NAME.arrays": "of a `slurm` target: whether cells that are equal in all that sbatch sees are sent "
    "together, as job arrays; default true",
    "targets.NAME.environment": "of a `slurm` or `command` target: more variables of your environment that jobs get",
    "targets.NAME.directory": "of a `slurm` or `command` target: a folder that login node and compute nodes share",
    "targets.NAME.workdir": "of any target but `ehpc`: the folder that jobs start in: `project` (the default), "
    "`spec`, `job` for a private folder of each job, or an absolute path",
    "targets.NAME.prelude": "lines that stand before every command of this target, as a text or a file of the project "
    "(see [Submission](submission.md#lines-before-every-command))",
    "targets.NAME.name_max": "the most characters that the site allows in the name of a job",
    "targets.NAME.name_pattern": "a regular expression (of RE2) that the name of a job must match as a whole",
    "targets.NAME.cluster": "of a `slurm` target: the cluster's name; needed where slurm.conf cannot be read. "
    "Of a `command` target: the name by which the ledger knows the cluster; default: the target's name",
    "targets.NAME.commands.submit": "of a [`command`](schedulers.md) target: the words of the command "
    "that submits a job",
    "targets.NAME.commands.status": "of a `command` target: the words of the command that tells the states of jobs",
    "targets.NAME.commands.cancel": "of a `command` target: the words of the command that cancels jobs",
    "targets.NAME.commands.find": "of a `command` target: the words of the command that finds jobs by their keys",
    "targets.NAME.adapter": "of a `command` target: commands that ship with specc: `gridengine`",
    "targets.NAME.settings.NAME": "of a `command` target: a value that its commands are given as it is",
    "targets.NAME.job_variable": "of a `command` target: the variable in which the scheduler tells a job its number, "
    "where it is none of `JOB_ID`, `PBS_JOBID`, `LSB_JOBID` and `SLURM_JOB_ID`",
    "rules.select": "the only [rules](rules/index.md) that run; diagnostics of other stages are always reported; "
    "default: all",
    "rules.ignore": "rules and warnings that are not reported",
    "rules.severity.NAME": "how severe the rule or warning of this code or name is; `off` is as `rules.ignore`",
    "rules.max_inheritance": "how many files a chain of parents may have before it is reported (SPC515); default 5",
    "rules.quantities.min_memory": "a plain number in `mem_limit` below it is reported (SPC534); default `64MiB`",
    "rules.quantities.max_memory": "a plain number in `mem_limit` over it is reported; default `16TiB`",
    "rules.quantities.min_time": "a plain number in `time_limit` below it is reported; default `1min`",
    "rules.quantities.max_time": "a plain number in `time_limit` over it is reported; default `48h`",
    "rules.paths.NAME.ignore": "as `rules.ignore`, for the files of this pattern; of several patterns, the last counts",
    "rules.paths.NAME.severity.NAME": "as `rules.severity.NAME`, for the files of this pattern",
}
"""A sentence for each setting, in Markdown. Links lead to pages of the manual, and `NAME` stands for any name."""

TABLES = {
    "defaults": "values of job fields that nothing else sets",
    "units": "the units in which your cluster counts, because the API documents none",
    "ledger": "where submissions are recorded",
    "targets": "where payloads can go, by name",
    "targets.NAME": "a target: this machine, a cluster, or the web API",
    "targets.NAME.job": "values of job fields that belong to the target",
    "targets.NAME.units": "as `units`, for this target",
    "targets.NAME.queues": "what the queues of the target allow, by name",
    "targets.NAME.queues.NAME": "what jobs in this queue may ask for",
    "targets.NAME.hpcqueues": "partitions, by `hpcqueue_id`",
    "targets.NAME.resource_limits": "options of sbatch, by the text of the field `resource_limit`",
    "targets.NAME.commands": "the site's own commands, by what they do",
    "targets.NAME.settings": "settings of the adapter",
    "rules": "what the linter reports",
    "rules.severity": "how severe diagnostics are, by code or name",
    "rules.quantities": "between which limits a plain number is likely",
    "rules.paths": "`ignore` and `severity` for some files, by pattern",
    "rules.paths.NAME": "for the files of this pattern",
    "rules.paths.NAME.severity": "as `rules.severity`, for the files of this pattern",
}
"""A phrase for each table."""
