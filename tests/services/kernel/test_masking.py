import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.masking import (
    HIDDEN,
    is_card_number,
    is_id_number,
    mask_address,
    mask_card,
    mask_id_number,
    mask_name,
    mask_phone,
    mask_plate,
    mask_text,
)


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张三", "张*"), ("张小三", "张*三"), ("欧阳小三", "欧**三"), ("王", "王"), ("John Smith", "J*** S****")],
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


@pytest.mark.parametrize(
    ("clear", "masked"),
    [("+8613812348000", "+86138****8000"), ("010-12345678", "010-****5678"), ("110", "***")],
)
def test_phones_in_other_spellings(clear: str, masked: str) -> None:
    assert mask_phone(clear) == masked


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("上海市浦东新区世纪大道100号", "上海市浦东新区"),
        ("浙江省杭州市西湖区文三路90号5幢", "浙江省杭州市西湖区"),
        ("江苏省昆山市玉山镇2号", "江苏省昆山市"),
    ],
)
def test_an_address_keeps_its_district(address: str, kept: str) -> None:
    assert mask_address(address) == kept + HIDDEN * (len(address) - len(kept))


def test_an_address_without_a_district_keeps_nothing() -> None:
    assert set(mask_address("无名路1号")) == {HIDDEN}


def test_plates() -> None:
    assert mask_plate("京A12345") == "京A***45"


def test_numbers_are_known_by_their_check_digit() -> None:
    # The example of GB 11643 itself; a card of a resident from Hong Kong begins with 81, a foreigner's with 9.
    assert is_id_number("11010519491231002X")
    assert is_id_number("11010519491231002x")
    assert not is_id_number("110105194912310021")
    assert is_card_number("4111111111111111")
    assert not is_card_number("4111111111111112")


@pytest.mark.parametrize(
    "number",
    [
        "13812348000", "+86 138 1234 8000", "008613812348000", "11010519491231002X", "110105194912310021",
        "110105491231002", "4111 1111 1111 1111", "H12345678", "H1234567890", "E12345678", "EA1234567",
        "AAA123456789012", "京A12345", "粤BD12345", "京A·12345", "0571-88888888",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "我的号码{}，谢谢", "id={};", "两个 {} {}"])
def test_text_shows_no_number_of_anybody(number: str, around: str) -> None:
    said = around.replace("{}", number)
    shown = mask_text(said)
    assert number not in shown
    assert HIDDEN in shown
    assert shown.startswith(around.split("{}", maxsplit=1)[0])


@pytest.mark.parametrize(
    "text", ["票号 C007，2026-11-22 10:30 在 A07 窗口等了 45 分钟", "订单 20261122103000123", "第 3 层 12 号", ""]
)
def test_text_keeps_what_is_nobodys(text: str) -> None:
    assert mask_text(text) == text
