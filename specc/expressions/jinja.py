"""All that is used of Jinja2."""

import jinja2.nodes as nodes
from jinja2.environment import Environment
from jinja2.exceptions import TemplateError, TemplateRuntimeError, TemplateSyntaxError, UndefinedError
from jinja2.filters import FILTERS, make_attrgetter
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser
from jinja2.runtime import StrictUndefined, Undefined
from jinja2.tests import TESTS

__all__ = [
    "FILTERS",
    "TESTS",
    "Environment",
    "Parser",
    "StrictUndefined",
    "TemplateError",
    "TemplateRuntimeError",
    "TemplateSyntaxError",
    "Token",
    "TokenStream",
    "Undefined",
    "UndefinedError",
    "make_attrgetter",
    "nodes",
]
