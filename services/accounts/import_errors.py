"""What is refused about a whole file of people; what is wrong with a row is a report, not an error."""

from __future__ import annotations

from services.kernel.errors import Invalid, TooLarge


class SheetTooLarge(TooLarge):
    code = "accounts.sheet_too_large"

    def __init__(self, *, what: str, most: int) -> None:
        super().__init__(
            zh=f"文件过大：最多{most} {what}。请拆成几个文件。",
            en=f"The file is too large: {most} {what} at most. Split it.",
            what=what,
            most=most,
        )


class BadSheet(Invalid):
    code = "accounts.bad_sheet"

    def __init__(self) -> None:
        super().__init__(
            zh="读不了这个文件：请用模板，另存为.xlsx，不加密码。",
            en="This file cannot be read: use the template, save it as .xlsx, without a password.",
        )


class MissingColumns(Invalid):
    code = "accounts.missing_columns"

    def __init__(self, columns: list[str]) -> None:
        super().__init__(
            zh=f"第一行缺少这些列：{'、'.join(columns)}。请用模板。",
            en=f"The first row lacks these columns: {', '.join(columns)}. Use the template.",
            columns=columns,
        )
