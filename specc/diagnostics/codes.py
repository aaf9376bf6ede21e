"""Every kind of diagnostic, in one table. A code is never reused; its severity may change.

The hundreds digit is the stage: 1 YAML, 2 composition, 3 templates, 4 schema, 5 rules, 6 lowering and units,
7 submission, 8 API tables (from 851 on: sbatch scripts), 9 configuration.
"""

from specc.diagnostics.model import Code, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

# 1: reading YAML
NOT_TEXT = Code("SPC101", "not-text", ERROR, "the file is not UTF-8 text")
YAML_SYNTAX = Code("SPC102", "yaml-syntax", ERROR, "the file is not YAML")
DUPLICATE_KEY = Code("SPC103", "duplicate-key", ERROR, "a mapping has one key twice")
YAML_TAG = Code("SPC104", "yaml-tag", ERROR, "tags are not used in specs")
TOO_LARGE = Code("SPC105", "too-large", ERROR, "the document exceeds a limit of size, depth or number of values")
SECOND_DOCUMENT = Code("SPC106", "second-document", ERROR, "a file holds one document")
UNQUOTED_TEMPLATE = Code("SPC107", "unquoted-template", ERROR, "YAML reads `{{ ... }}` without quotes as a mapping")
BAD_KEY = Code("SPC108", "bad-key", ERROR, "a key that is not a plain text")
BAD_ALIAS = Code("SPC109", "bad-alias", ERROR, "an alias or merge key that refers to nothing usable")
YAML_1_1 = Code("SPC110", "yaml-1.1", WARNING, "tools that read YAML 1.1 read this value differently")
EMPTY_SPEC = Code("SPC111", "empty-spec", ERROR, "the file holds no spec")
NOT_A_SPEC = Code("SPC112", "not-a-spec", ERROR, "the document is not a mapping")
UNREADABLE = Code("SPC113", "unreadable", ERROR, "the file cannot be read")

# 2: structure and composition
UNKNOWN_KEY = Code("SPC201", "unknown-key", ERROR, "a key that the spec language does not have")
BAD_VERSION = Code("SPC202", "bad-version", ERROR, "the language version is missing or unknown")
BAD_HEADER = Code("SPC203", "bad-header", ERROR, "a key of the top level with a value of the wrong kind")
PARENT_NOT_FOUND = Code("SPC204", "parent-not-found", ERROR, "`extends` names a file that is not there")
OUTSIDE_PROJECT = Code("SPC205", "outside-project", ERROR, "a path leads out of the project")
INHERITANCE_CYCLE = Code("SPC206", "inheritance-cycle", ERROR, "a spec inherits from itself")
INHERITANCE_ORDER = Code("SPC207", "inheritance-order", ERROR, "the parents cannot be put in one order")
INHERITANCE_DEPTH = Code("SPC208", "inheritance-depth", ERROR, "inheritance deeper than 16 files")
SIBLINGS_DISAGREE = Code("SPC209", "siblings-disagree", WARNING, "two unrelated parents set one value differently")
BAD_OPERATOR = Code("SPC210", "bad-operator", ERROR, "a `$` operator that does not exist or is used wrongly")
NOTHING_INHERITED = Code("SPC211", "nothing-inherited", ERROR, "an operator on a value that was not inherited")
KIND_CONFLICT = Code(
    "SPC212", "kind-conflict", ERROR, "one path has a mapping in one file and another kind of value in another"
)
FILE_NOT_FOUND = Code("SPC213", "file-not-found", ERROR, "`$file` names a file that is not there")
BAD_PARAM = Code("SPC214", "bad-param", ERROR, "a parameter is declared wrongly")
BAD_MATRIX = Code("SPC215", "bad-matrix", ERROR, "the matrix is declared wrongly")
MATRIX_TOO_LARGE = Code("SPC216", "matrix-too-large", ERROR, "the matrix has more cells than `max`")
DUPLICATE_CELL = Code("SPC217", "duplicate-cell", ERROR, "two cells of the matrix are the same")
UNKNOWN_PROFILE = Code("SPC218", "unknown-profile", ERROR, "a profile that the spec does not have")
UNKNOWN_PARAM = Code("SPC219", "unknown-param", ERROR, "`-p` names a parameter that the spec does not have")
BAD_PARAM_VALUE = Code("SPC220", "bad-param-value", ERROR, "a parameter's value does not fit its declaration")
MISSING_PARAM = Code("SPC221", "missing-param", ERROR, "a parameter without a default was not given")
BAD_OVERRIDE = Code("SPC222", "bad-override", ERROR, "`--set` does not name a value of a spec")
UNKNOWN_AXIS = Code("SPC223", "unknown-axis", ERROR, "an axis that the matrix does not have")
DEAD_EXCLUDE = Code("SPC224", "dead-exclude", WARNING, "an exclude or include entry that changes nothing")
ABSTRACT_SPEC = Code("SPC225", "abstract-spec", ERROR, "an abstract spec cannot be rendered or submitted")
NO_SUCH_CELL = Code("SPC226", "no-such-cell", ERROR, "`--only` or `--cell` selects nothing")
UNKNOWN_API = Code("SPC227", "unknown-api", ERROR, "an API version that specc does not have")
PRIVATE_FILE = Code("SPC228", "private-file", ERROR, "a file of git or of passwords, which a spec must not include")
BAD_RESULT = Code("SPC229", "bad-result", ERROR, "a result is declared wrongly")

# 3: templates
TEMPLATE_SYNTAX = Code("SPC301", "template-syntax", ERROR, "a template that Jinja2 cannot read")
UNDEFINED_NAME = Code("SPC302", "undefined-name", ERROR, "a template uses a name that nothing defines")
FORBIDDEN_TEMPLATE = Code(
    "SPC303", "forbidden-template", ERROR, "a construct, filter or method that templates do not have"
)
TEMPLATE_ERROR = Code("SPC304", "template-error", ERROR, "a template cannot be evaluated")
TEMPLATE_LIMIT = Code("SPC305", "template-limit", ERROR, "a template exceeds the limit of work, size or depth")
REFERENCE_CYCLE = Code("SPC306", "reference-cycle", ERROR, "values refer to each other in a circle")
UNQUOTED_SHELL_VALUE = Code("SPC307", "unquoted-shell-value", ERROR, "the shell would split or expand a value")
STATEMENT_IN_LINE = Code("SPC308", "statement-in-line", ERROR, "a template statement outside a multi-line string")
TEMPLATE_NOT_ALLOWED = Code("SPC309", "template-not-allowed", ERROR, "a template where the spec must be static")
INCOMPLETE_CHECK = Code("SPC310", "incomplete-check", WARNING, "a check that stopped before it had seen every cell")

# 4: the API's schema
UNKNOWN_FIELD = Code("SPC401", "unknown-field", ERROR, "a field that the API does not have")
WRONG_TYPE = Code("SPC402", "wrong-type", ERROR, "a value of another type than the API's table says")
MISSING_FIELD = Code("SPC403", "missing-field", ERROR, "a field that the API requires is not set")
BAD_VALUE = Code("SPC404", "bad-value", ERROR, "a value that the API does not accept")
TRANSPORT_FIELD = Code("SPC405", "transport-field", ERROR, "a field that is filled in when the payload is sent")

# 5: rules (to SPC539: specs and payloads; to SPC579: the shell's part)
UNUSED_PARAM = Code("SPC501", "unused-param", WARNING, "a parameter that no template reads")
UNUSED_VAR = Code("SPC502", "unused-var", WARNING, "a variable that no template reads")
UNUSED_AXIS = Code("SPC503", "unused-axis", WARNING, "an axis that no template reads")
UNUSED_PROFILE = Code("SPC504", "unused-profile", WARNING, "a profile that changes nothing")
UNUSED_PARENT = Code("SPC505", "unused-parent", WARNING, "a parent all of whose values are replaced")
SHADOWED_PARAM = Code("SPC506", "shadowed-param", WARNING, "a variable that is named like a parameter")
FIXED_PARAM = Code("SPC507", "fixed-param", WARNING, "a parameter that can have only one value")
SAME_JOB_NAME = Code("SPC508", "same-job-name", WARNING, "several jobs have one name")
SAME_OUTPUT_PATH = Code("SPC509", "same-output-path", WARNING, "several jobs write one file")
MERGED_STREAMS = Code("SPC510", "merged-streams", WARNING, "standard output and standard error go to one file")
SCHEDULER_PATTERN = Code("SPC511", "scheduler-pattern", WARNING, "a path with a pattern that only sbatch fills in")
OVER_QUEUE_LIMIT = Code("SPC512", "over-queue-limit", ERROR, "a job asks for more than its queue allows")
UNCLEAR_QUEUE = Code("SPC513", "unclear-queue", ERROR, "a job names no queue, or two, where the target needs one")
SECRET_IN_SPEC = Code("SPC514", "secret-in-spec", ERROR, "a password, key or token in a spec")
DEEP_INHERITANCE = Code("SPC515", "deep-inheritance", WARNING, "a chain of parents longer than the project wants")
VERSION_DEPENDENT_FIELD = Code(
    "SPC516", "version-dependent-field", WARNING, "a field that other API versions do not have"
)
AXIS_IN_NAMES_ONLY = Code("SPC517", "axis-in-names-only", WARNING, "an axis that only names the jobs")
SHARED_RESULT = Code("SPC518", "shared-result", WARNING, "every cell of a sweep has its result read from one file")
UNEXPANDED_PATH = Code(
    "SPC530",
    "unexpanded-path",
    WARNING,
    "a path with `~` or `$VAR`, which no shell expands here, or the path of a folder",
)
LOST_DIGITS = Code("SPC531", "lost-digits", WARNING, "a number that changes its digits when it becomes part of a text")
MISSING_BRACES = Code(
    "SPC532", "missing-braces", WARNING, "a text that is only a value's name, or has a template's braces wrong"
)
FOREIGN_QUOTES = Code("SPC533", "foreign-quotes", WARNING, "a name or path in quotes that YAML does not recognise")
UNLIKELY_QUANTITY = Code("SPC534", "unlikely-quantity", WARNING, "a number that looks wrong for its unit")
UNSEEN_END = Code("SPC535", "unseen-end", WARNING, "a value begins or ends with an invisible character")
SHELL_SYNTAX_ERROR = Code("SPC540", "shell-syntax-error", ERROR, "a command that the shell cannot read")
UNENDED_HERE_DOCUMENT = Code("SPC541", "unended-here-document", ERROR, "an unterminated here-document")
FOLDED_HERE_DOCUMENT = Code("SPC542", "folded-here-document", ERROR, "a here-document in a folded text (`>`)")
SBATCH_DIRECTIVE = Code("SPC543", "sbatch-directive", WARNING, "a `#SBATCH` line in a command, where nothing reads it")
ARRAY_TASK_ID = Code("SPC544", "array-task-id", WARNING, "a command reads the index of an array job")
MORE_RANKS_THAN_CORES = Code(
    "SPC545", "more-ranks-than-cores", WARNING, "a command starts more processes than the job has cores"
)
LOOK_ALIKE_CHARACTER = Code(
    "SPC546", "look-alike-character", WARNING, "a command has a character that only looks like one of the shell's"
)
FOLDED_COMMENT = Code("SPC547", "folded-comment", ERROR, "a comment in a folded text swallows the lines that follow")
FOLDED_CONTINUATION = Code("SPC548", "folded-continuation", ERROR, "a `\\` at the end of a line of a folded text")
FOLDED_INDENTATION = Code(
    "SPC549", "folded-indentation", WARNING, "a line of a folded text that is indented deeper is a command of its own"
)
FOLDED_COMMANDS = Code("SPC550", "folded-commands", WARNING, "YAML joins the lines of two commands into one")
LOST_CONTINUATION = Code("SPC551", "lost-continuation", ERROR, "a command ends before the lines that belong to it")
NO_COMMAND = Code("SPC552", "no-command", ERROR, "a job has no command")
INTERPRETER_LINE = Code(
    "SPC553", "interpreter-line", WARNING, "a `#!` line asks for something that the target does not do"
)
DOLLAR_BEFORE_TEMPLATE = Code("SPC554", "dollar-before-template", ERROR, "a `$` before `{{` stays in the text")
NAME_WITHOUT_BRACES = Code(
    "SPC555", "name-without-braces", WARNING, "a value's name among other words, without `{{ }}`"
)
UNSET_ARGUMENT = Code("SPC556", "unset-argument", WARNING, "a script reads an argument that nobody passes")
FOREIGN_SCHEDULER = Code(
    "SPC557", "foreign-scheduler", WARNING, "a command needs a scheduler that the target does not have"
)
HIDDEN_FAILURE = Code("SPC558", "hidden-failure", WARNING, "a job succeeds although its commands failed")
LOST_IN_COMMENT = Code("SPC559", "lost-in-comment", WARNING, "a value after a `#`, which begins a comment")
ONE_RANK = Code("SPC560", "one-rank", WARNING, "an MPI launcher in a job of one task")
UNUSED_IGNORE = Code("SPC590", "unused-ignore", WARNING, "a `# specc: ignore` comment that ignores nothing")
BAD_IGNORE = Code("SPC591", "bad-ignore", ERROR, "a `# specc: ignore` comment without a code, or with an unknown one")

# 6: units and lowering
UNIT_NOT_SET = Code("SPC601", "unit-not-set", ERROR, "a quantity where the project has not said the API's unit")
AMBIGUOUS_QUANTITY = Code("SPC602", "ambiguous-quantity", ERROR, "a quantity that can be read in two ways")
BAD_QUANTITY = Code("SPC603", "bad-quantity", ERROR, "a text that is not a quantity")
INEXACT_QUANTITY = Code("SPC604", "inexact-quantity", ERROR, "a quantity that is not a whole number of the API's unit")
NOT_CANONICAL = Code("SPC605", "not-canonical", ERROR, "a value that canonical JSON cannot hold")

# 7: submission
REFUSED_BY_TARGET = Code("SPC701", "refused-by-target", ERROR, "a payload that the target cannot take")
REJECTED = Code("SPC702", "rejected", ERROR, "a payload that the target has rejected")
SAME_PAYLOAD = Code("SPC703", "same-payload", ERROR, "two cells of one run with the same payload")
IGNORED_BY_TARGET = Code("SPC704", "ignored-by-target", WARNING, "resources that the target does not give")

# 8: API tables
BAD_TABLE = Code("SPC801", "bad-table", ERROR, "the page has no parameter table, or one that cannot be read")
BAD_REQUIRED = Code("SPC802", "bad-required", ERROR, "a Required cell that is neither true nor false")
BAD_TYPE = Code("SPC803", "bad-type", ERROR, "a type that the documentation's tables do not have")
DUPLICATE_ROW = Code("SPC804", "duplicate-row", ERROR, "two rows of a table contradict each other")
BAD_PATCH = Code("SPC805", "bad-patch", ERROR, "a patch that does not fit the table, or an entry without its source")
STALE_SCHEMA = Code("SPC806", "stale-schema", ERROR, "a generated schema differs from its table")
ODD_EXAMPLE = Code("SPC807", "odd-example", WARNING, "an example that is not of its row's type")
REPEATED_ROW = Code("SPC808", "repeated-row", WARNING, "two rows of a table are the same")
BAD_DIRECTIVE = Code("SPC851", "bad-directive", ERROR, "a line of a batch script that cannot be read or imported")
NOT_A_BATCH_SCRIPT = Code("SPC852", "not-a-batch-script", ERROR, "a file that cannot be imported as a batch script")

# 9: configuration
CONFIG_SYNTAX = Code("SPC901", "config-syntax", ERROR, "the configuration is not TOML")
UNKNOWN_SETTING = Code("SPC902", "unknown-setting", ERROR, "a setting that specc does not have")
BAD_SETTING = Code("SPC903", "bad-setting", ERROR, "a setting with a value of the wrong kind")
SHADOWED_SETTINGS = Code("SPC904", "shadowed-settings", WARNING, "`[tool.specc]` beside a specc.toml, which wins")
NOT_CHOSEN = Code("SPC905", "not-chosen", WARNING, "a file that looks like a spec but is not named like one")

CODES: dict[str, Code] = {code.code: code for code in list(globals().values()) if isinstance(code, Code)}

OF_RULES = frozenset(code for code in CODES if "SPC500" <= code < "SPC590")
"""The codes that only rules use. They are known without the rules, because a configuration can name them."""
