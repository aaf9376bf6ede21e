"""Secrets that were found, starred out wherever a finding would show them."""

import re
from collections.abc import Iterable
from dataclasses import replace

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import SECRET_IN_SPEC
from specc.source import Source, Span

VISIBLE = re.compile(r"[^\r\n]")


def masked(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The same findings over texts without the secrets. Each character becomes one star, so places stay true."""
    found = list(findings)
    secrets: dict[Source, list[Span]] = {}
    for finding in found:
        if finding.code is SECRET_IN_SPEC:
            secrets.setdefault(finding.span.source, []).append(finding.span)
    texts = {source: _starred(source, spans) for source, spans in secrets.items()}
    return [_over(finding, texts) for finding in found] if texts else found


def _starred(source: Source, spans: list[Span]) -> Source:
    text = source.text
    for _, start, end in spans:
        text = text[:start] + VISIBLE.sub("*", text[start:end]) + text[end:]
    return Source(source.path, text, source.name)


def _over(finding: Diagnostic, texts: dict[Source, Source]) -> Diagnostic:
    labels = tuple(label._replace(span=_moved(label.span, texts)) for label in finding.labels)
    return replace(finding, span=_moved(finding.span, texts), labels=labels)


def _moved(span: Span, texts: dict[Source, Source]) -> Span:
    return span._replace(source=texts.get(span.source, span.source))
