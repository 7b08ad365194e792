"""notecheck as a component of any spaCy pipeline: ``nlp.add_pipe("notecheck")``.

>>> import spacy
>>> nlp = spacy.blank("en")
>>> _ = nlp.add_pipe("notecheck")
>>> doc = nlp("Thank you for the hour at the kiln. Was it my glazing that decided it?")
>>> [(span.label_, span.text) for span in doc.spans["notecheck"]][0][0]
'gratitude'
>>> doc.user_data["notecheck"]["checks"]["feedback"]["status"]
'narrow'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.util import raise_error

from notecheck import message
from notecheck.batch import check_all
from notecheck.message import Draft
from notecheck.types import NotecheckError, Report

if TYPE_CHECKING:
    from collections.abc import Callable

#: The key of the spans and of the report.
KEY = "notecheck"


class NotecheckComponent:
    """Reads ``doc.text`` with notecheck's own pipeline, whatever the one it stands in.

    The evidence of the checks goes into ``doc.spans["notecheck"]``: the label of a span is the name of the
    check, its ``id_`` the rule. The report goes into ``doc.user_data["notecheck"]`` as plain JSON values,
    those of `notecheck.Report.to_dict`, so that the Doc can still be saved and sent between processes.
    Its offsets are those of ``doc.text``.
    """

    def __init__(self, name: str = KEY) -> None:
        from notecheck.api import Checker

        self.name = name
        self._checker = Checker()
        self._on_error: Callable[[str, Any, list[Doc], Exception], None] = raise_error

    def __reduce__(self) -> tuple[Any, ...]:
        # A process that is given the component loads what it needs.
        return type(self), (self.name,)

    def __call__(self, doc: Doc) -> Doc:
        """Check one Doc."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 64) -> Iterator[Doc]:
        """Check many Docs, in order, in batches; one that cannot be checked goes to the error handler."""
        left = iter(stream)
        while docs := list(islice(left, batch_size)):
            for doc, report in zip(docs, check_all(self._checker, list(map(_read, docs))), strict=True):
                if isinstance(report, Exception):
                    self._on_error(self.name, self, [doc], report)
                else:
                    yield _annotated(doc, report)

    def set_error_handler(self, handler: Callable[[str, Any, list[Doc], Exception], None]) -> None:
        """Set what spaCy wants done with a Doc that cannot be processed."""
        self._on_error = handler

    def get_error_handler(self) -> Callable[[str, Any, list[Doc], Exception], None]:
        """What is done with a Doc that cannot be processed."""
        return self._on_error


@Language.factory("notecheck", assigns=["doc.spans", "doc.user_data"])
def make(nlp: Language, name: str) -> NotecheckComponent:
    """Make the component; spaCy finds this by the entry point ``notecheck`` of ``spacy_factories``."""
    return NotecheckComponent(name)


def _read(doc: Doc) -> Draft | NotecheckError:
    try:
        return message.read(doc.text)
    except NotecheckError as error:
        return error


def _annotated(doc: Doc, report: Report) -> Doc:
    spans = []
    for check in report.checks.values():
        for item in check.evidence:
            span: Span | None = doc.char_span(
                item.span.start, item.span.end, label=check.name, alignment_mode="expand", span_id=item.rule
            )
            if span is not None:
                spans.append(span)
    doc.spans[KEY] = SpanGroup(doc, name=KEY, spans=spans)
    doc.user_data[KEY] = report.to_dict()
    return doc
