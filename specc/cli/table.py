"""Every command in one table: where it lives, and what the list of commands says of it."""

from specc.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A command that is not imported yet."""

    name: str
    module: str
    """Below `specc.cli.commands`."""
    attribute: str
    """A function, or an app of several commands."""
    summary: str
    """The first paragraph of its help."""
    is_hidden: bool = False


COMMANDS = (
    Command("check", "check", "check", "Find every mistake in specs, offline, without any input."),
    Command("lint", "check", "check", "Find every mistake in specs, offline, without any input.", is_hidden=True),
    Command(
        "render",
        "render",
        "render",
        "Print the canonical payloads of specs, one per line. With an error anywhere, nothing is printed.",
    ),
    Command(
        "explain",
        "explain",
        "explain",
        "Show the final value of a field and its whole history: who set it, what it overrides, what its template read.",
    ),
    Command(
        "diff",
        "diff",
        "diff",
        "Show which payloads a change adds, removes and alters, and which line of which file is the cause.",
    ),
    Command(
        "fmt",
        "fmt",
        "fmt",
        "Bring specs into one layout: the order of keys, quotes and indentation. What they say stays as it is.",
    ),
    Command(
        "graph",
        "graph",
        "graph",
        "Draw which specs inherit from which, and the files they include.",
    ),
    Command("rules", "rules", "rules", "List everything that specc can find, or explain one code."),
    Command(
        "plan",
        "plan",
        "plan",
        "Show what submitting would send, what is there already, and what changed. Nothing is sent.",
    ),
    Command(
        "submit",
        "submit",
        "submit",
        "Send payloads, each once. What was accepted before is not sent again: its job is shown.",
    ),
    Command("retry", "retry", "retry", "Try cells again whose jobs failed: once, with the next `cell.attempt`."),
    Command(
        "keep",
        "keep",
        "keep",
        "Keep the results of jobs whose payloads have changed since they finished.",
    ),
    Command("status", "status", "status", "Show what became of submissions: the latest of each cell."),
    Command(
        "results",
        "results",
        "results",
        "Show what jobs came to: one row for each cell, with its axes, parameters, times, usage and results.",
    ),
    Command("usage", "usage", "usage", "Show what jobs used of the cores, memory and time that they asked for."),
    Command(
        "report",
        "report",
        "report",
        "Write a page about jobs: what became of them, when they ran, what they used, results over axes, what failed.",
    ),
    Command(
        "wait", "wait", "wait", "Wait until jobs have ended. Exits with 5 when one failed, 6 when the time ran out."
    ),
    Command(
        "logs",
        "logs",
        "logs",
        "Print what jobs wrote. Where this machine cannot see it, say where it is and how to get it.",
    ),
    Command(
        "cancel",
        "cancel",
        "cancel",
        "Cancel jobs that have not ended. Exits with 1 when one could not be cancelled.",
    ),
    Command(
        "clean",
        "clean",
        "clean_jobs",
        "Remove the files that specc keeps of jobs that have ended, on this machine and on clusters.",
    ),
    Command(
        "init",
        "init",
        "init",
        "Make a working project: settings, a base, a job, the editor's schema, a pre-commit hook, .gitignore.",
    ),
    Command(
        "trust",
        "trust",
        "trust",
        "Let targets send signed requests to a host, or run commands of a site. Without either, list what is trusted.",
    ),
    Command("target", "target", "target_app", "Test the commands of a target against what specc expects of them."),
    Command("config", "config", "config", "Print each setting of the project and where it came from."),
    Command(
        "serve",
        "serve",
        "serve",
        "Provide the EHPC API, and run what is submitted on this machine or on the Slurm cluster of a target.",
    ),
    Command(
        "lsp",
        "lsp",
        "lsp",
        "Serve an editor: diagnostics while typing, values and where they come from, completion, fixes.",
    ),
    Command("ledger", "ledger", "ledger_app", "Show what was sent, and settle what became of it."),
    Command("schema", "schema", "schema_app", "Build, show, compare and check the API's JSON Schemas."),
)

PANELS = {
    "Write and check": ("check", "lint", "render", "explain", "diff", "fmt", "graph", "rules"),
    "Send and wait": ("plan", "submit", "retry", "keep", "wait", "cancel"),
    "After the job": ("status", "results", "usage", "report", "logs", "clean"),
    "The project": ("init", "trust", "config", "serve", "lsp", "ledger", "schema", "target"),
}
"""The parts of the list of commands."""


def panel_of(name: str) -> str:
    """Return the part of the list that a command stands in."""
    return next((panel for panel, names in PANELS.items() if name in names), "The project")
