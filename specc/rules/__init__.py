"""The rules of the linter: one module for each rule, or for a family of small ones.

A new rule is a code in `specc.diagnostics.codes`, a function that finds the mistake, and an entry in `RULES`. All rules
are made of `rule` (the scopes, and what a rule sees), `commands` (commands as they are sent), `written` (commands
as they are written) and `uses` (names that templates mention). A rule imports no other module of rules.

A pattern that few commands need is a text, which `re` compiles when it is first used and keeps: to compile all of them
would be a tenth of a check of one spec.
"""

from specc.diagnostics import Code
from specc.rules import (
    axis_in_names_only,
    braces,
    characters,
    clashes,
    declarations,
    deep_inheritance,
    folded,
    hidden_failure,
    interpreter_line,
    lost_continuation,
    lost_digits,
    lost_in_comment,
    merged_streams,
    no_command,
    queues,
    ranks,
    schedulers,
    secret_in_spec,
    shell_syntax,
    unexpanded_path,
    unlikely_quantity,
    unset_argument,
    version_dependent_field,
)
from specc.rules.rule import ClashRule, FamilyRule, JobRule, Rule, SpecRule

ALL: tuple[Rule, ...] = (
    *braces.RULES,
    *characters.RULES,
    *clashes.RULES,
    *declarations.RULES,
    *folded.RULES,
    *queues.RULES,
    *ranks.RULES,
    *schedulers.RULES,
    *shell_syntax.RULES,
    axis_in_names_only.RULE,
    deep_inheritance.RULE,
    hidden_failure.RULE,
    interpreter_line.RULE,
    lost_continuation.RULE,
    lost_digits.RULE,
    lost_in_comment.RULE,
    merged_streams.RULE,
    no_command.RULE,
    secret_in_spec.RULE,
    unexpanded_path.RULE,
    unlikely_quantity.RULE,
    unset_argument.RULE,
    version_dependent_field.RULE,
)
RULES = tuple(sorted(ALL, key=lambda rule: rule.code.code))

SPEC_RULES = tuple(rule for rule in RULES if isinstance(rule, SpecRule))
JOB_RULES = tuple(rule for rule in RULES if isinstance(rule, JobRule))
CLASH_RULES = tuple(rule for rule in RULES if isinstance(rule, ClashRule))
FAMILY_RULES = tuple(rule for rule in RULES if isinstance(rule, FamilyRule))

RULE_CODES: dict[str, Code] = {rule.code.code: rule.code for rule in RULES}
