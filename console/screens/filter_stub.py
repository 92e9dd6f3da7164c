from textual.message import Message
from textual.widget import Widget


class FilterLine(Widget):
    DEFAULT_CSS = "FilterLine{display:none;}"

    class Changed(Message):
        text = ""

    def __init__(self, *a, id=None, **k):
        super().__init__(id=id)

    def set_text(self, t):
        pass

    def open(self):
        pass

    def clear(self):
        pass
