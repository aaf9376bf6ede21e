"""specc: a declarative HPC job-spec compiler and validator."""

__version__ = "0.1.0"
