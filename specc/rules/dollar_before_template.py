"""A `$` before a template stays in the text.

## What
Finds `${{ ... }}` in fields, variables and scripts: the way in which GitHub Actions writes its expressions.

## Why
The template is `{{ ... }}` alone, and its value comes after the `$`. With `${{ matrix.seed }}` the shell reads `$1`
where 1 is meant: the first argument of the script, which is empty.

## Bad
```yaml
specc: 1
matrix: {axes: {seed: [1, 2]}}
job:
  name: cavity-{{ matrix.seed }}
  core_limit: 4
  cmd_line: ./solver --seed ${{ matrix.seed }}
```

## Good
```yaml
specc: 1
matrix: {axes: {seed: [1, 2]}}
job:
  name: cavity-{{ matrix.seed }}
  core_limit: 4
  cmd_line: ./solver --seed {{ matrix.seed }}
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, replacing_fix
from specc.diagnostics.codes import DOLLAR_BEFORE_TEMPLATE
from specc.evaluator import end_of_template, span_in, template_text
from specc.rules.rule import Spec, SpecRule
from specc.rules.written import labels_of, scalars
from specc.wording import brief

DOLLAR = r"(?<![\\$])\$(?=\{\{)"


def find(spec: Spec) -> Iterator[Diagnostic]:
    for section in ("vars", "job"):
        for node in scalars(spec.plain.section(section)):
            text = template_text(node)
            for match in re.finditer(DOLLAR, text) if text is not None and "${{" in text else ():
                shown = brief(match.string[match.end() : end_of_template(match.string, match.end())])
                span = span_in(node, match.start(), match.end())
                message = f"`{shown}` is the template, and the `$` before it stays in the text"
                fix = replacing_fix(span, "$", "")
                yield DOLLAR_BEFORE_TEMPLATE.at(span, message, labels=labels_of(node), help="remove the `$`", fix=fix)


RULE = SpecRule(DOLLAR_BEFORE_TEMPLATE, find, always=True)
