"""The filter that is in force while its line is closed."""

from __future__ import annotations

from textual.widgets import Static

from widgets.safe import safe_content


class FilterNote(Static):
    """One line where a filter holds, none elsewhere: nobody should look for a row that is only hidden."""

    DEFAULT_CSS = """
    FilterNote { height: 1; padding: 0 1; background: $panel; color: $text-warning; display: none; }
    FilterNote.-some { display: block; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def show(self, text: str) -> None:
        """Say which filter holds; nothing where there is none."""
        self.set_class(bool(text), "-some")
        if text:
            self.update(safe_content(f"/ {text}    esc shows all", max_chars=300))
