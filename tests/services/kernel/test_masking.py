import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.masking import HIDDEN, mask_card, mask_id_number, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张*"), ("张小三", "张*三"), ("欧阳小三", "欧**三"), ("王", "王")]
)
def test_names(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_numbers_keep_what_gb_t_35273_lets_them() -> None:
    assert mask_phone("13812348000") == "138****8000"
    assert mask_id_number("11010519491231002X") == "110***********002X"
    assert mask_card("6222020200112233") == "************2233"


@given(st.text(alphabet="0123456789", min_size=1, max_size=30))
def test_a_masked_number_is_as_long_and_never_the_number(number: str) -> None:
    for mask in (mask_phone, mask_id_number, mask_card):
        assert len(mask(number)) == len(number)
        assert HIDDEN in mask(number)
