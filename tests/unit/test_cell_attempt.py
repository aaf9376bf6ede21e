"""`cell.attempt`: one number for all cells, 1 unless a payload is made for a retry."""


RETRIED = """
matrix: {axes: {n: [1, 2]}}
vars: {memory: "{{ 8 * 2 ** (cell.attempt - 1) }}"}
job: {name: "a-{{ matrix.n }}", cmd_line: "run {{ matrix.n }}", core_limit: 1, mem_limit: "{{ vars.memory }}MiB"}
"""
