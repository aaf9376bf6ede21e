"""The tables and indexes of the ledger's file, version by version."""

from specc.submission.rows import NAMES

FIRST = (
    """CREATE TABLE attempts (
  attempt TEXT PRIMARY KEY, target TEXT NOT NULL, spec TEXT NOT NULL, cell TEXT NOT NULL, params TEXT NOT NULL,
  target_name TEXT NOT NULL, api TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL, sent_name TEXT NOT NULL,
  slug TEXT NOT NULL, axes TEXT NOT NULL, units TEXT NOT NULL, state TEXT NOT NULL, owner TEXT NOT NULL,
  number INTEGER NOT NULL, created_at REAL NOT NULL, skew REAL NOT NULL, settled_at REAL, uuid TEXT, code TEXT,
  message TEXT, job_state TEXT, job_reason TEXT, exit_code INTEGER, seen_at REAL,
  CHECK ((state = 'accepted') = (uuid IS NOT NULL))
) STRICT""",
    "CREATE UNIQUE INDEX one_open ON attempts (target, spec, cell, params) WHERE state IN ('intent', 'unknown')",
    "CREATE UNIQUE INDEX one_number ON attempts (target, spec, cell, params, number)",
    "CREATE UNIQUE INDEX one_uuid ON attempts (target, uuid) WHERE uuid IS NOT NULL",
    "CREATE INDEX by_digest ON attempts (target, digest)",
    "CREATE TABLE calls (target TEXT NOT NULL, at REAL NOT NULL) STRICT",
    "CREATE INDEX calls_at ON calls (target, at)",
    "CREATE TABLE clocks (target TEXT PRIMARY KEY, skew REAL NOT NULL) STRICT",
    "CREATE TABLE plans (id TEXT PRIMARY KEY, used_at REAL NOT NULL) STRICT",
    "CREATE TABLE self (id TEXT NOT NULL) STRICT",
    "INSERT INTO self VALUES (lower(hex(randomblob(8))))",
)
"""`one_open` is what makes two submitting processes safe: the second intent for a key cannot be written. `self` names
this ledger among all, which binds a plan to it."""

SEALS = (
    "ALTER TABLE attempts ADD COLUMN seal TEXT",
    "CREATE INDEX unsealed ON attempts (attempt) WHERE seal IS NULL",
    f"""CREATE TRIGGER unseal AFTER UPDATE OF {", ".join(NAMES)} ON attempts WHEN OLD.seal IS NOT NULL
BEGIN UPDATE attempts SET seal = NULL WHERE rowid = NEW.rowid; END""",
    "CREATE INDEX also_open ON attempts (attempt) WHERE state IN ('intent', 'unknown')",
    "CREATE INDEX also_by_key ON attempts (spec, cell, params, target, number)",
    "CREATE INDEX also_by_digest ON attempts (digest)",
    "CREATE INDEX also_by_uuid ON attempts (uuid) WHERE uuid IS NOT NULL",
)
"""Each index by which something is found has a second one with other columns first: what they find must agree, so a
page that the disk has changed hides no attempt."""

PROJECTS = (
    """CREATE TABLE projects (
  folder TEXT PRIMARY KEY, place TEXT NOT NULL, commits TEXT NOT NULL, remote TEXT NOT NULL, added_at REAL NOT NULL
) STRICT""",
)
"""By which those that use this ledger are known again: see projects.py."""

STEPS = (FIRST, SEALS, PROJECTS)
"""How the tables of each version are made from those of the version before. A step that was released never changes."""

VERSION = len(STEPS)
