"""The letters that a teacher reads are made of the notes, fold by fold, and are the same every time."""

from __future__ import annotations

from notecheck.corpus import LabelledNote
from notecheck.training.prepare import fold_of
from notecheck.training.variations import variations

BODIES = {
    "one": ["You lent me your umbrella at the quarry.", "Was it the crane ticket?", "Ring me if the night shift grows."],
    "two": ["Nobody had shown me a kiln before.", "I was sorry to hear the outcome.", "Keep my name by the telephone."],
    "three": ["The soup on the second day was kind of you.", "I have a question about the audit.", "Think of me in May."],
    "four": ["Your sergeant waited for my bus.", "Which answer lost me the place?", "I would return gladly."],
}  # fmt: skip


def note(name: str, body: list[str]) -> LabelledNote:
    return LabelledNote(name, "Dear Rosalind,\n" + " ".join(body) + "\nYours,\nTobias", {}, "tune", "n99")


NOTES = [note(name, body) for name, body in BODIES.items()]


def test_the_same_notes_give_the_same_letters() -> None:
    assert variations(NOTES, copies=2) == variations(NOTES, copies=2)
    assert variations(NOTES, copies=2) != variations(NOTES, copies=2, seed=8)


def test_every_note_is_varied_and_keeps_its_first_and_last_line() -> None:
    letters = variations(NOTES, copies=3)
    assert len(letters) == 3 * len(NOTES)
    for letter in letters:
        lines = letter.text.splitlines()
        assert len(lines[0].split()) == 2
        assert lines[0].endswith(",")
        assert len(lines[-1].split()) == 1


def test_no_sentence_is_lent_from_one_fold_to_another() -> None:
    owner = {sentence: fold_of(each) for each in NOTES for sentence in BODIES[each.id]}
    for letter in variations(NOTES, copies=20):
        for sentence, fold in owner.items():
            if sentence in letter.text:
                assert fold == letter.fold
