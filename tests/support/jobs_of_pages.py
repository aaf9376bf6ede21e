"""Made-up jobs for pages: a sweep with results, usage and failures, of any size, the same each time."""

from specc.reporters.page import Job, Log, Missing, Outcome, Page

START = 1_790_000_000.0
GRIDS, RATES, SOLVERS = (64, 128, 256, 512, 1024), (0.05, 0.1, 0.2, 0.4), ("cg", "gmres")
GIB = 1 << 30

HOSTILE = (
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "<!--",
    "]]>",
    "\x00\x1b[2J\x9b31m\u202egpj.exe\u2066\ufeff",
    "=cmd|'/C calc'!A0",
    "שלום עולם",
    "&lt;b&gt;&amp;",
    "javascript:alert(1)",
    "\ud800",
    "{{ 7 * 7 }}",
)


def job(at: int, **others: object) -> Job:
    """Return a job of the sweep. Each 17th failed; jobs start four at a time."""
    grid, rate, solver = GRIDS[at % 5], RATES[at // 5 % 4], SOLVERS[at // 20 % 2]
    has_failed = at % 17 == 11
    seconds = 40 + (grid / 64) ** 1.5 * (2 if solver == "gmres" else 1.4) + at % 7
    start = START + 5 + at // 4 * 31 + at % 4 * 3
    fields = {
        "spec": "jobs/heat.job.yaml",
        "cell": f"{at:08x}",
        "slug": f"{grid}-{rate}-{solver}",
        "name": f"heat-{grid}-{rate}-{solver}",
        "state": "exited" if has_failed else "finished",
        "outcome": Outcome.FAILED if has_failed else Outcome.FINISHED,
        "axes": {"grid": grid, "rate": rate, "solver": solver, "seed": at // 40},
        "params": {"steps": 500},
        "results": {
            "residual": Missing("no line matches") if has_failed else 10 ** (-2 - at % 5 - rate * 5),
            "iterations": None if has_failed else 100 + grid // 8 + at % 11,
        },
        "uuid": f"hpcjob-{at:08x}",
        "digest": f"{at:064x}",
        "target": "local",
        "node": f"node{at % 3}",
        "reason": "memory limit of 4 GiB reached" if has_failed else "",
        "exit_code": 137 if has_failed else 0,
        "submitted_at": START + at * 0.2,
        "started_at": start,
        "ended_at": start + seconds,
        "seconds": seconds,
        "cores": 3.1 + at % 5 * 0.15,
        "cores_asked": 4,
        "memory": grid * 2.9e6,
        "memory_asked": 4 * GIB,
        "seconds_asked": 3600,
        "logs": (Log("stderr", "iteration 12\nMemoryError: out of memory", "(the end)"),) if has_failed else (),
    }
    return Job(**{**fields, **others})  # type: ignore[arg-type]


def page(count: int = 40, **others: object) -> Page:
    """Return a page of so many jobs."""
    facts = (("project", "heat"), ("revision", "0f" * 20), ("made by", "ada, with specc 0.1.0"))
    fields = {
        "title": "heat",
        "jobs": tuple(job(at) for at in range(count)),
        "facts": facts,
        "commands": (("Their whole logs", "specc logs --state failed"),),
        "made_at": START + 9000,
        "seen_at": START + 8000,
    }
    return Page(**{**fields, **others})  # type: ignore[arg-type]


def made_of(text: str, count: int = 4) -> Page:
    """Return a page in which every text that somebody else writes is this text."""
    jobs = tuple(
        job(
            at,
            **dict.fromkeys(("spec", "cell", "slug", "name", "uuid", "digest", "target", "node", "reason"), text),
            state=text if at == 1 else "exited",
            outcome=Outcome.FAILED,
            axes={"a": at, text: f"{text}{at % 2}"},
            params={f"p{text}": f"{text}{at % 3}", f"q{text}": text},
            results={f"r{text}": Missing(text) if at == 2 else at * 1.5, f"s{text}": [text], f"t{text}": {text: text}},
            logs=(Log(text, f"{text}\n{text}", text), Log("stdout", "", text)),
        )
        for at in range(count)
    )
    return page(
        0,
        jobs=jobs,
        title=text,
        facts=((text, text),),
        commands=((text, text),),
        advice=((text, text),),
        value=text,
        across=text,
    )
