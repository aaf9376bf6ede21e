"""The linter's rules, one module each.

To add one: a code in `specc.diagnostics.codes`, a module that says what it finds, and a line in the tuple here.
"""

from specc.rules import same_job_name, unused_param, unused_var
from specc.rules.rule import ClashRule, FamilyRule, JobRule, Rule, SpecRule

RULES: tuple[Rule, ...] = (
    unused_param.RULE,
    unused_var.RULE,
    same_job_name.RULE,
)

SPEC_RULES = tuple(rule for rule in RULES if isinstance(rule, SpecRule))
JOB_RULES = tuple(rule for rule in RULES if isinstance(rule, JobRule))
CLASH_RULES = tuple(rule for rule in RULES if isinstance(rule, ClashRule))
FAMILY_RULES = tuple(rule for rule in RULES if isinstance(rule, FamilyRule))
