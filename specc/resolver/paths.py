"""References between files of a project: relative, from the root ("//..."), or shipped ("specc:NAME")."""

from posixpath import dirname, normpath

SHIPPED = "specc:"


def join(origin: str, reference: str) -> str | None:
    """The name that `reference` means in the file called `origin`; None when it leads out of the project.

    A shipped base refers to its neighbours by relative paths, too: "specc:mpi" + "serial" = "specc:serial".
    """
    if reference.startswith(SHIPPED):
        return reference
    if reference.startswith("//"):
        path = normpath(reference[2:] or ".")
    elif reference.startswith("/"):
        return None
    else:
        path = normpath("/".join(filter(None, [dirname(origin.removeprefix(SHIPPED)), reference])))
    if path == ".." or path.startswith(("../", "/")):
        return None
    is_shipped = origin.startswith(SHIPPED) and not reference.startswith("//")
    # The name of a file is never that of a shipped base.
    return SHIPPED + path if is_shipped else f"./{path}" if path.startswith(SHIPPED) else path
