"""What specc does, whichever door somebody comes through: the command line, `import specc`, the gateway, an editor.

- `selection`: from paths to projects and the names of their specs; `session`: these projects, opened.
- `checking`: a check of chosen specs. `rendering`, `explaining` and `formatting`: their payloads, values and layout.
- `comparing`: payloads now beside those of a revision, or of another spec.
- `requests`: specs compiled to payloads for a target, and a step for each. `submitting`: carrying the steps out.
- `workplace`: the project that submissions are made from, its ledger and targets. `attempts`: which attempts in the
  ledger are meant. `following`: asking targets about jobs, and waiting for them.
- `scaffolding`: a new project. `importing`: batch scripts that become specs. `serving`: a target behind the EHPC API.

Nothing here prints, reads a command line, or knows an exit code. Whoever calls hands in a `specc.person.Person`, who is
told what happens meanwhile and is asked where only a person can decide.
"""
