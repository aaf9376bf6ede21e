"""What specc says about a spec, as values. How it is printed is the business of `specc.reporters`."""

from specc.diagnostics.missing import Missing
from specc.diagnostics.model import Code, Diagnostic, Edit, Fix, Label, Severity
from specc.diagnostics.suggest import did_you_mean, one_of

__all__ = ["Code", "Diagnostic", "Edit", "Fix", "Label", "Missing", "Severity", "did_you_mean", "one_of"]
