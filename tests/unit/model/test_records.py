"""The group's records: what the CLI writes, the leader reads, and nonsense is refused with a remedy."""

import pytest

from farshore.model.failure import Refused
from farshore.model.grant import Grant
from farshore.model.operator import OperatorWord, Word
from farshore.model.region import Epoch, RegionName


def test_an_operators_word_comes_back_with_its_revision() -> None:
    word = OperatorWord(Word.TAKE_OVER, "ann", "now", "promote", "abc", True)
    assert OperatorWord.from_json(word.to_json(), 7) == OperatorWord(
        Word.TAKE_OVER, "ann", "now", "promote", "abc", True, 7
    )


def test_no_record_is_no_word() -> None:
    assert OperatorWord.from_json("", 0).word is Word.NOTHING


@pytest.mark.parametrize("text", ["[]", "{}", '{"word": "dance"}', "not json"])
def test_a_word_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="cannot be read") as error:
        OperatorWord.from_json(text, 1)
    assert "farshore" in error.value.hint


def test_a_grant_comes_back_and_nonsense_is_refused() -> None:
    grant = Grant(Epoch(2), RegionName("sfo3"))
    assert Grant.from_json(grant.to_json()) == grant
    for text in ("", "{}", '{"epoch": "x", "holder": "nyc3"}', "[1]"):
        with pytest.raises(Refused, match="cannot be read"):
            Grant.from_json(text)
