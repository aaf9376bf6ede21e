"""The rules of the linter, one module each.

A new rule is a code in `specc.diagnostics.codes`, a module that finds the mistake, and a line in the tuple here. All
rules are made of `rule` (the scopes, and what a rule sees), `commands` (commands as they are sent), `written` (commands
as they are written) and `uses` (names that templates mention). A rule imports no other rule.

A pattern that few commands need is a text, which `re` compiles when it is first used and keeps: to compile all of them
would be a tenth of a check of one spec.
"""

from specc.diagnostics import Code
from specc.rules import (
    array_task_id,
    axis_in_names_only,
    deep_inheritance,
    dollar_before_template,
    fixed_param,
    folded_commands,
    folded_comment,
    folded_continuation,
    folded_here_document,
    folded_indentation,
    foreign_quotes,
    foreign_scheduler,
    hidden_failure,
    interpreter_line,
    look_alike_character,
    lost_continuation,
    lost_digits,
    lost_in_comment,
    merged_streams,
    missing_braces,
    more_ranks_than_cores,
    name_without_braces,
    no_command,
    one_rank,
    over_queue_limit,
    same_job_name,
    same_output_path,
    sbatch_directive,
    scheduler_pattern,
    secret_in_spec,
    shadowed_param,
    shell_syntax_error,
    unclear_queue,
    unended_here_document,
    unexpanded_path,
    unlikely_quantity,
    unseen_end,
    unset_argument,
    unused_axis,
    unused_param,
    unused_parent,
    unused_profile,
    unused_var,
    version_dependent_field,
)
from specc.rules.rule import ClashRule, FamilyRule, JobRule, Rule, SpecRule

RULES: tuple[Rule, ...] = (
    unused_param.RULE,
    unused_var.RULE,
    unused_axis.RULE,
    unused_profile.RULE,
    unused_parent.RULE,
    shadowed_param.RULE,
    fixed_param.RULE,
    same_job_name.RULE,
    same_output_path.RULE,
    merged_streams.RULE,
    scheduler_pattern.RULE,
    over_queue_limit.RULE,
    unclear_queue.RULE,
    secret_in_spec.RULE,
    deep_inheritance.RULE,
    version_dependent_field.RULE,
    axis_in_names_only.RULE,
    unexpanded_path.RULE,
    lost_digits.RULE,
    missing_braces.RULE,
    foreign_quotes.RULE,
    unlikely_quantity.RULE,
    unseen_end.RULE,
    shell_syntax_error.RULE,
    unended_here_document.RULE,
    folded_here_document.RULE,
    sbatch_directive.RULE,
    array_task_id.RULE,
    more_ranks_than_cores.RULE,
    look_alike_character.RULE,
    folded_comment.RULE,
    folded_continuation.RULE,
    folded_indentation.RULE,
    folded_commands.RULE,
    lost_continuation.RULE,
    no_command.RULE,
    interpreter_line.RULE,
    dollar_before_template.RULE,
    name_without_braces.RULE,
    unset_argument.RULE,
    foreign_scheduler.RULE,
    hidden_failure.RULE,
    lost_in_comment.RULE,
    one_rank.RULE,
)

SPEC_RULES = tuple(rule for rule in RULES if isinstance(rule, SpecRule))
JOB_RULES = tuple(rule for rule in RULES if isinstance(rule, JobRule))
CLASH_RULES = tuple(rule for rule in RULES if isinstance(rule, ClashRule))
FAMILY_RULES = tuple(rule for rule in RULES if isinstance(rule, FamilyRule))

RULE_CODES: dict[str, Code] = {rule.code.code: rule.code for rule in RULES}
