"""The cache of checks, in the user's cache folder: results of earlier runs. To delete the cache only costs time.

`CleanChecks` answers for a project in which nothing has changed, from the `Store` of its records. `specc.cache.shards`,
the records of single specs, is imported by name, because an unchanged project needs none of them.
"""

from specc.cache.clean import Asked, CleanChecks, Counts, Part, world_of
from specc.cache.store import Store, store_of

__all__ = ["Asked", "CleanChecks", "Counts", "Part", "Store", "store_of", "world_of"]
