"""Every codec meets hostile payloads; the long form of the same runs in ``make prove``."""

import pytest

from iot.fuzz import CODECS, fuzz


@pytest.mark.parametrize("codec", sorted(CODECS))
def test_whatever_comes_ends_in_messages_or_a_codec_error(codec: str) -> None:
    outcome = fuzz(codec, seed=20_261, payloads=20_000)
    assert outcome.parsed + sum(outcome.refused.values()) == outcome.payloads == 20_000
    assert outcome.parsed > 1_000, "a fuzzer whose payloads all die at once proves nothing"
    assert sum(outcome.refused.values()) > 1_000
    assert outcome.slowest_ms < 1_000
