"""The embedded pipeline reads mail-shaped text as a person does."""

from __future__ import annotations

import json

import pytest

from notecheck import pipeline
from notecheck.types import Span


def sentences(text: str) -> list[str]:
    reading = pipeline.read(pipeline.load(), text, [Span(0, len(text))])
    return [reading.span(sentence).of(text) for sentence in reading.sentences()]


def test_a_greeting_line_is_a_sentence_of_its_own() -> None:
    assert sentences("Dear Mrs. Olsen\n\nThank you for the call.\n\nKind regards\nPer") == [
        "Dear Mrs. Olsen", "Thank you for the call.", "Kind regards", "Per",
    ]  # fmt: skip


def test_list_items_are_sentences() -> None:
    text = "Two things:\n- was my sketch too rough\n- is a degree needed\nThanks"
    assert sentences(text) == ["Two things:", "- was my sketch too rough", "- is a degree needed", "Thanks"]


def test_a_wrapped_line_goes_on() -> None:
    text = "I still think about the afternoon in the pattern room with your two\ncutters and the dog."
    assert sentences(text) == [text]


def test_lower_case_without_a_final_stop_still_splits() -> None:
    assert sentences("hi jo, thanks for the call. was it my driving licence?\ncheers") == [
        "hi jo, thanks for the call.", "was it my driving licence?", "cheers",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('You called it "a near thing." I will take that.', ['You called it "a near thing."', "I will take that."]),
        ("(The tea helped.) I am glad I came.", ["(The tea helped.)", "I am glad I came."]),
        ('Thank you. "Nearly" was the word.', ["Thank you.", '"Nearly" was the word.']),
        ("What [the uncle] told you is with me still.", ["What [the uncle] told you is with me still."]),
        ("I went home (on foot!) and slept. (It rained.) I woke.", ["I went home (on foot!) and slept.", "(It rained.)", "I woke."]),
    ],
)  # fmt: skip
def test_a_closing_mark_belongs_to_the_sentence_that_it_closes(text: str, wanted: list[str]) -> None:
    assert sentences(text) == wanted


def test_labels_are_universal_dependencies() -> None:
    doc = pipeline.read(pipeline.load(), "Rosa showed me the kiln.", [Span(0, 24)]).doc
    assert [(token.pos_, token.dep_) for token in doc][:3] == [
        ("PROPN", "nsubj"),
        ("VERB", "ROOT"),
        ("PRON", "iobj"),
    ]


@pytest.mark.parametrize(
    ("figure", "least"), [("pos_acc", 0.94), ("lemma_acc", 0.945), ("dep_uas", 0.835), ("dep_las", 0.795)]
)
def test_the_measured_figures_hold(figure: str, least: float) -> None:
    meta = json.loads((pipeline.MODEL / "meta.json").read_text(encoding="utf-8"))
    assert meta["performance"][figure] >= least


def test_a_text_without_words_has_no_sentence() -> None:
    assert sentences(" \n\u200b ") == []


NOTES = [
    "Hi Tove,\n\nThanks for the hour at the kiln. Was it my glaze? I would like to know!\n\nBest,\nPer\n",
    "No.\nWhy! Not?\nOk\n- one\n- two!! three\n\n? And\n.. so\n",
    "thank you for the walk through the mill and for showing me how the old loom is threaded it was kind of "
    "you to take the time and I learned a lot about what the next season needs from a weaver like me",
    "One line. With three sentences. All of them short.",
    "Bye",
    "",
]


@pytest.mark.parametrize("notes", [NOTES, NOTES[:1], NOTES[2:3], NOTES[:2] * 9, ["\n".join(NOTES)]])
def test_parsing_gives_what_the_components_give(notes: list[str]) -> None:
    nlp = pipeline.load()
    drafts = [(text, [Span(0, len(text))]) for text in notes]
    docs = [pipeline.make_doc(nlp, pipeline.plain_text(*draft)) for draft in drafts]
    columns = ["ORTH", "TAG", "POS", "MORPH", "LEMMA", "DEP", "HEAD", "SENT_START"]
    for doc, reading in zip(nlp.pipe(docs), pipeline.read_all(nlp, drafts), strict=True):
        assert (doc.to_array(columns) == reading.doc.to_array(columns)).all()
        assert len(doc) == 0 or (doc.tensor == reading.doc.tensor).all()


@pytest.mark.parametrize(
    "text",
    [
        "I was told by {!Contact.Name} to write to you.",
        "Tell [the porter?? Ask Bo] that I came home.",
        "Dear Mr./Ms. Bell, the verdict reached me.",
        "The post of ………… is the one that I meant.",
    ],
)
def test_what_stands_inside_a_slot_ends_no_sentence(text: str) -> None:
    reading = pipeline.read(pipeline.load(), text, [Span(0, len(text))])
    assert [str(sentence) for sentence in reading.sentences()] == [text]
