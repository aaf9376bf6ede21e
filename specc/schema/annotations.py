"""The keys that specc adds to JSON Schema. Validators ignore them; this list says what they mean.

On a property:
"""

SOURCE = "x-source"
"""The line that the property comes from, as `file:line`: its row in the table, or the patch entry that adds it."""

PATCH_SOURCE = "x-patch-source"
"""The source of a patch entry. On the schema itself: a mapping from each patched keyword to its source."""

ADDED = "x-added"
"""`true` on a property that the patch adds, because no table lists it."""

QUANTITY = "x-quantity"
"""`memory` or `duration`: the field measures something, in a unit that the API does not state."""

SHELL = "x-shell"
"""`true` on a field that a shell runs."""

FILLED_BY = "x-filled-by"
"""`transport` on a field that is filled in when the payload is sent; specs and payloads do not have it."""

TRANSPORT = "transport"

# On the schema itself, each left out when the page does not say it.

ACTION = "x-action"
"""The call's path below the endpoint: `job/submitJob`."""

METHOD = "x-method"
"""The HTTP method."""

ENDPOINT = "x-endpoint"
"""The URL that the page's example starts with, up to `/api`."""
