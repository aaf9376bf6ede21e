"""Generated sweeps: specs whose templates read the axes in many ways, and what shows that two results are the same."""

import json

from hypothesis import strategies as st

from specc.evaluator import Value

VALUES = [1, 2, "a", "b", "c", 3, "b c", "it's", True, [1, 2], ""]
AXIS = st.lists(st.sampled_from(range(len(VALUES))), min_size=2, max_size=3, unique=True).map(
    lambda picked: [VALUES[index] for index in picked]
)
NAMES = ["matrix.x", "matrix.y", "cell.slug", "cell.index", "cell.repeat", "params.p", "vars.v", "vars.w", "job.name"]
EXPRESSIONS = [
    *NAMES,
    *(f"{name} | sh" for name in NAMES),
    "matrix.x == matrix.y",
    "matrix.x if params.p else matrix.y",
    "matrix.y if matrix.x == 1 else cell.slug",
    "vars.table[matrix.x]",
    "vars.table[matrix.x] | default(matrix.y)",
    "matrix.x.k",
    "matrix.x + 1",
    "[matrix.x, vars.w] | tojson",
]
SAFE = [
    "vars.z",
    "vars.z|sh",
    "matrix.x | sh",
    "matrix.y | sh",
    "vars.z | sh",
    "[matrix.y, vars.z] | tojson | sh",
    "cell.index",
    "params.p",
]
"""These make no mistake of most values."""
HOLES = st.sampled_from([*SAFE * 4, *EXPRESSIONS]).map(lambda expression: f"{{{{ {expression} }}}}")
STATEMENTS = [
    "{% if matrix.x == 1 %}one {{ matrix.y }}{% else %}{{ vars.w }}{% endif %}",
    "{% set own = matrix.y %}{{ own }} {{ matrix.x }}\n{{ own | sh }}",
    "{% for i in range(2) %}{{ i }}{{ matrix.x }}{% endfor %}\n",
]
TEXTS = st.lists(HOLES | st.sampled_from(["run ", " ", "-", "/", "'", '"', *STATEMENTS]), min_size=1, max_size=5).map(
    "".join
)
SWEEPS = st.fixed_dictionaries({"axes": st.fixed_dictionaries({"x": AXIS, "y": AXIS})}, optional={"repeat": st.just(2)})
JOBS = st.fixed_dictionaries(
    {"name": TEXTS, "cmd_line": TEXTS, "core_limit": st.just(4)},
    optional={"stdout_redirect_path": TEXTS, "mem_limit": st.sampled_from(["4GiB", "{{ vars.size }}", "{{ vars.w }}"])},
)
VARS = st.fixed_dictionaries(
    {
        "v": TEXTS,
        "w": HOLES,
        "z": st.sampled_from(["{{ matrix.x }}", "{{ matrix.x if matrix.y == 1 else cell.slug }}", "{{ matrix.y }}"]),
        "table": st.just({"a": "{{ matrix.y }}", "b c": 2}),
        "size": st.sampled_from(["{{ matrix.x }}GiB", "1GiB"]),
    }
)


PARAMS = st.sampled_from([{"p": {"type": "integer", "default": default}} for default in (0, 3)])
SPECS = st.fixed_dictionaries({"params": PARAMS, "vars": VARS, "matrix": SWEEPS, "job": JOBS})
Spec = dict[str, object]


def written(spec: Spec) -> str:
    return "".join(f"{section}: {json.dumps(content)}\n" for section, content in {"specc": 1, **spec}.items())


def history(value: Value, depth: int = 6) -> object:
    """The value, where it is written, and what it was made of."""
    reads = [
        (read.name, repr(read.data), history(read.value, depth - 1) if read.value is not None and depth else None)
        for read in value.reads
    ]
    parts = [history(child, depth) for child in value.children_in_order()]
    return repr(value.data), str(value.node.span), reads, parts
