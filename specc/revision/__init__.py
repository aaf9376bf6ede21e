"""A project as git has it in one revision, read without touching the work tree or the index."""

from specc.revision.choice import Base, named, usual
from specc.revision.git import Repository
from specc.revision.tree import Tree

__all__ = ["Base", "Repository", "Tree", "named", "usual"]
