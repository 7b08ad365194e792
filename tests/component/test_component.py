"""``nlp.add_pipe("notecheck")`` in pipelines that are not notecheck's."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
import spacy
from spacy import displacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

import notecheck
from notecheck import component

NOTE = "Hi Petra,\n\nThank you for the hour at the loom. Was it my weaving that decided it?\nPlease keep me in mind.\n"
OTHER = "Thanks for your time. Do you have any feedback?"


@pytest.fixture(scope="module")
def nlp() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("notecheck")
    return nlp


def test_evidence_is_spans_and_the_report_is_user_data(nlp: Language) -> None:
    doc = nlp(NOTE)
    report = notecheck.check(NOTE)
    assert doc.user_data["notecheck"] == report.to_dict()
    spans = doc.spans["notecheck"]
    wanted = [(item.rule, name) for name, check in report.checks.items() for item in check.evidence]
    assert [(span.id_, span.label_) for span in spans] == wanted
    for span, quote in zip(
        spans, [item.quote for check in report.checks.values() for item in check.evidence], strict=True
    ):
        assert quote in span.text
    assert {span.label_ for span in spans} >= {"gratitude", "feedback"}


def test_displacy_renders_it_with_no_more_ado(nlp: Language) -> None:
    html = displacy.render(nlp(NOTE), style="span", options={"spans_key": "notecheck"}, jupyter=False)
    assert "gratitude" in html
    assert "loom" in html


def test_many_docs_are_those_one_by_one(nlp: Language) -> None:
    texts = [NOTE, OTHER, "", "  \n", NOTE] * 3
    piped = list(nlp.pipe(texts, batch_size=4))
    assert [doc.user_data for doc in piped] == [nlp(text).user_data for text in texts]
    assert [len(doc.spans["notecheck"]) for doc in piped] == [
        len(nlp(text).spans["notecheck"]) for text in texts
    ]


def test_it_stands_in_any_pipeline() -> None:
    nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("notecheck", name="letters", first=True)
    doc = nlp(NOTE)
    assert nlp.pipe_names == ["letters", "sentencizer"]
    assert doc.user_data["notecheck"] == notecheck.check(NOTE).to_dict()
    assert len(list(doc.sents)) > 1


def test_docs_can_be_saved_and_pipelines_too(nlp: Language, tmp_path: Any) -> None:
    doc = nlp(NOTE)
    stored = DocBin(docs=[doc], store_user_data=True).to_bytes()
    [again] = DocBin().from_bytes(stored).get_docs(nlp.vocab)
    # Saved lists come back as tuples.
    assert json.loads(json.dumps(again.user_data["notecheck"])) == doc.user_data["notecheck"]
    nlp.to_disk(tmp_path / "pipeline")
    loaded = spacy.load(tmp_path / "pipeline")
    assert loaded(NOTE).user_data == doc.user_data


def test_a_doc_that_cannot_be_checked_goes_to_the_error_handler() -> None:
    nlp = spacy.blank("en")
    nlp.max_length = 2_000_000
    nlp.add_pipe("notecheck")
    long = "word " * 250_000
    with pytest.raises(notecheck.NotecheckError):
        nlp(long)
    seen: list[int] = []

    def handler(name: str, proc: Any, docs: list[Doc], error: Exception) -> None:
        seen.append(len(docs))

    nlp.set_error_handler(handler)
    assert [doc.text for doc in nlp.pipe([NOTE, long, OTHER])] == [NOTE, OTHER]
    assert seen == [1]


def test_the_component_can_be_sent_to_a_process() -> None:
    again = pickle.loads(pickle.dumps(component.NotecheckComponent("letters")))
    assert again.name == "letters"
    doc = again(spacy.blank("en").make_doc(OTHER))
    assert doc.user_data["notecheck"]["checks"]["feedback"]["status"] == "broad"


def test_the_entry_point_is_there() -> None:
    from importlib.metadata import entry_points

    found = entry_points(group="spacy_factories", name="notecheck")
    assert [item.value for item in found] == ["notecheck.component:make"]
