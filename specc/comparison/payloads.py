"""The payloads of one spec, with samples for the parameters that have no value."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace

from specc.compiler import Context, Request, payloads
from specc.diagnostics import Diagnostic, codes
from specc.evaluator import Binding, bind, samples
from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.nodes import to_data
from specc.parser import Document
from specc.resolver import ResolvedSpec, resolve
from specc.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A payload, and what it was made from."""

    payload: Payload
    spec: ResolvedSpec
    params: str


@dataclass(frozen=True, slots=True)
class Needs:
    """The spec cannot be compared without a value for a parameter that has neither choices nor an example."""

    param: str


def made(
    document: Document, context: Context, request: Request, declared: set[str]
) -> Iterator[Made | Needs | Diagnostic]:
    """Every payload with every choice of the required parameters, as `check` tries them, and every finding.

    What is given for parameters of other specs is left out; `declared` learns which the spec has.
    """
    if document.abstract:
        return
    spec, _ = resolve(document, context.library, context.overlays(request))
    declared.update(spec.params)
    known = tuple(text for text in request.params if text.text.partition("=")[0] in spec.params)
    bindings, _ = bind(spec, known)
    required = [name for name, binding in bindings.items() if binding.node is None and not binding.refused]
    for sample in samples({name: bindings[name] for name in required}) if required else ({},):
        unknown = next((name for name, binding in sample.items() if binding.node is None), None)
        if unknown is not None:
            yield Needs(unknown)
            return
        given = (*known, *(_typed(name, binding) for name, binding in sample.items()))
        words = " ".join(shlex.quote(_plain(name, binding)) for name, binding in sample.items())
        for item in payloads(document, context, replace(request, params=given)):
            if isinstance(item, Payload):
                yield Made(item, spec, words)
            elif item.code is not codes.DEAD_EXCLUDE:
                yield item


def _data(binding: Binding) -> object:
    return None if binding.node is None else to_data(binding.node)


def _typed(name: str, binding: Binding) -> Source:
    """As on a command line, in quotes, so that it is read as just this value."""
    return Source("-p", f"{name}={json.dumps(_data(binding), ensure_ascii=False)}", "-p")


def _plain(name: str, binding: Binding) -> str:
    data = _data(binding)
    return f"{name}={data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}"
