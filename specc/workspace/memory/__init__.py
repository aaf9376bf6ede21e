"""`.specc_cache/`: what checks have found out before, so that what has not changed is not checked again."""

from specc.workspace.memory.memory import Memory
from specc.workspace.memory.shards import Shards
from specc.workspace.memory.world import world_of

__all__ = ["Memory", "Shards", "world_of"]
