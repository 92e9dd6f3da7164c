"""No text is handed to Textual where it would be read as markup: a lint over the source, and tests of the lint."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

# Constructors and methods that read a string as markup, and which of their arguments they read: positions and keywords.
# notify() is checked for markup=False; the others have no other way than Content, Text or a literal without brackets.
READERS: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "Static": ((0,), ("content", "renderable")),
    "Label": ((0,), ("content", "renderable")),
    "Button": ((0,), ("label",)),
    "Checkbox": ((0,), ("label",)),
    "RadioButton": ((0,), ("label",)),
    "Option": ((0,), ("prompt",)),
    "Collapsible": ((), ("title",)),
    "TabPane": ((0,), ("title",)),
    "Tab": ((0,), ("label",)),
    "Digits": ((), ()),
    "update": ((0,), ("content",)),
    "notify": ((0,), ("message", "title")),
    "write": ((0,), ("content",)),
    "add_row": (tuple(range(20)), ("label",)),
    "add_column": ((0,), ("label",)),
    "from_markup": ((0,), ("markup",)),
    "add_leaf": ((0,), ("label",)),
}
# Widgets that draw text as it is: escape sequences go through.
BANNED_CALLS = {
    "Input": "SafeInput",
    "TextArea": "SafeTextArea",
    "RichLog": "LineLog",
    "Log": "LineLog",
    "DataTable": "LineTable",
    "Markdown": "Static with safe_content",
    "Pretty": "FrameView",
    "from_ansi": "safe",
}
# What makes Content of a string as it is: no markup, but every control character is still in it.
RAW_MAKERS = {"Content", "Text", "styled"}
READ_ATTRIBUTES = {"border_title", "border_subtitle", "tooltip", "label"}
# What gives Content, Text or a number; a call to anything else is not believed.
SAFE_CALLS = {"safe", "safe_content", "safe_content_lines", "Content", "Text", "styled", "assemble", "join"}
# Writers of numbers, times and bars: nothing in what they return could be markup.
WRITERS = {
    *("bar", "sparkline", "thousands", "power", "energy", "energy_exact", "current", "voltage", "percent", "bytes_"),
    *("rate", "byte_rate", "age", "duration", "skew", "latency", "clock", "date_clock", "len"),
}
# What takes the danger out of a plain string; brackets stay in it.
CLEANERS = WRITERS | {"safe_text", "fit", "cut", "status_text", "visible"}


def called(node: ast.Call) -> str:
    """The name of what is called, without what it is called on."""
    function = node.func
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _says_content(annotation: ast.expr | None) -> bool:
    return annotation is not None and any(
        isinstance(part, ast.Name) and part.id in ("Content", "Text") for part in ast.walk(annotation)
    )


class Lint:
    """What one file does with text."""

    def __init__(self, source: str, where: str = "") -> None:
        self.tree = ast.parse(source)
        self.where = where
        self.found: list[str] = []
        self.draws = "textual" in source
        nodes = list(ast.walk(self.tree))
        # Functions that say they return Content, and names that say they hold it, are believed: mypy looks after that.
        self.makers = (
            SAFE_CALLS
            | WRITERS
            | {node.name for node in nodes if isinstance(node, ast.FunctionDef) and _says_content(node.returns)}
        )
        self.names: set[str] = set()
        self.plain: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.AnnAssign):
                name = node.target.attr if isinstance(node.target, ast.Attribute) else ast.unparse(node.target)
                if _says_content(node.annotation):
                    self.names.add(name)
                elif ast.unparse(node.annotation).startswith(("dict", "set")):
                    self.plain.add(name)
            elif isinstance(node, ast.arg) and _says_content(node.annotation):
                self.names.add(node.arg)
        for node in nodes:
            if isinstance(node, ast.Assign):
                targets = {target.id for target in node.targets if isinstance(target, ast.Name)}
                if self.good(node.value):
                    self.names |= targets
                elif isinstance(node.value, ast.Dict | ast.Set | ast.DictComp | ast.SetComp) or (
                    isinstance(node.value, ast.Call) and called(node.value) in ("dict", "set")
                ):
                    self.plain |= targets
        self.clean: set[str] = set()
        for _ in range(3):  # a name made of names made of names
            self.clean |= {
                target.id
                for node in nodes
                if isinstance(node, ast.Assign) and self.made_safe(node.value)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
        for node in nodes:
            if isinstance(node, ast.Assign):
                self.assignment(node)
            elif isinstance(node, ast.Call):
                self.call(node)

    def good(self, node: ast.expr) -> bool:
        """Is this expression Content, Text, or a literal that holds no markup?"""
        if isinstance(node, ast.Constant):
            return not (isinstance(node.value, str) and "[" in node.value)
        if isinstance(node, ast.Call):
            return called(node) in self.makers or called(node).endswith("_content")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self.good(node.left) and self.good(node.right)
        if isinstance(node, ast.IfExp):
            return self.good(node.body) and self.good(node.orelse)
        if isinstance(node, ast.Subscript):
            return self.good(node.value)
        return (node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")) in self.names

    def made_safe(self, node: ast.expr) -> bool:
        """A plain string that went through the sanitiser, or one of ours, alone or inside an f-string."""
        if isinstance(node, ast.JoinedStr):
            return all(self.made_safe(part.value) for part in node.values if isinstance(part, ast.FormattedValue))
        if isinstance(node, ast.IfExp):
            return self.made_safe(node.body) and self.made_safe(node.orelse)
        if isinstance(node, ast.BinOp):
            return self.made_safe(node.left) and self.made_safe(node.right)
        if isinstance(node, ast.BoolOp):
            return all(self.made_safe(value) for value in node.values)
        if isinstance(node, ast.Call):
            if called(node) == "join" and node.args and isinstance(node.args[0], ast.GeneratorExp | ast.ListComp):
                return self.made_safe(node.args[0].elt)
            return called(node) in CLEANERS
        if isinstance(node, ast.Name):
            # A name in capitals is a constant of ours.
            return node.id in self.clean or node.id.lstrip("_").isupper()
        return isinstance(node, ast.Constant)

    def assignment(self, node: ast.Assign) -> None:
        """Attributes that Textual reads as markup."""
        for target in node.targets:
            read = self.draws and isinstance(target, ast.Attribute) and target.attr in READ_ATTRIBUTES
            if read and not self.good(node.value):
                self.report(node, f"{ast.unparse(target)} = {ast.unparse(node.value)[:60]}")

    def call(self, node: ast.Call) -> None:
        """Calls that read their arguments as markup, and those that draw them as they are."""
        name = called(node)
        if name in BANNED_CALLS:
            self.report(node, f"{name} draws text as it is, use {BANNED_CALLS[name]}")
        if name in RAW_MAKERS and node.args and not self.made_safe(node.args[0]):
            self.report(node, f"{name}({ast.unparse(node.args[0])[:60]}) holds text that was not made safe")
        if name not in READERS or (isinstance(node.func, ast.Attribute) and _receiver(node.func) in self.plain):
            return
        positions, keyword_names = READERS[name]
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        read = [node.args[at] for at in positions if at < len(node.args) and not isinstance(node.args[at], ast.Starred)]
        read += [value for key, value in keywords.items() if key in keyword_names]
        markup = keywords.get("markup")
        plain = isinstance(markup, ast.Constant) and markup.value is False
        for argument in read:
            # Without markup a string is still drawn: control characters must be gone.
            if not self.good(argument) and not (plain and self.made_safe(argument)):
                self.report(node, f"{name}({ast.unparse(argument)[:60]})")

    def report(self, node: ast.expr | ast.stmt, what: str) -> None:
        """Remember a place."""
        self.found.append(f"{self.where}:{node.lineno}: {what}")


def _receiver(function: ast.Attribute) -> str:
    value = function.value
    return value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""


def findings(source: str, where: str = "") -> list[str]:
    """Every place where text could be read as markup, as ``file:line: what``."""
    return Lint(source, where).found


def drawing_files() -> list[Path]:
    screens = ROOT / "console" / "screens"
    app = ROOT / "console" / "app.py"
    return [*sorted((ROOT / "widgets").rglob("*.py")), *sorted(screens.rglob("*.py")), *([app] if app.exists() else [])]


def test_nothing_on_the_screens_is_read_as_markup() -> None:
    found = [
        finding
        for path in drawing_files()
        for finding in findings(path.read_text("utf-8"), str(path.relative_to(ROOT)))
    ]
    assert found == []


def test_the_lint_looks_at_every_widget() -> None:
    assert len([path for path in drawing_files() if path.parent.name == "widgets"]) > 20


@pytest.mark.parametrize(
    "line",
    [
        "Static(station.name)",
        'Static(f"{station.name} is gone")',
        'Label("x" + name)',
        'self.query_one("#x").update(f"{name}")',
        "self.update(text)",
        "self.notify(str(error))",
        'self.notify("done", title=name)',
        "self.app.notify(f'{name}', markup=False)",
        "Button(label=name)",
        'Static("[bold]x[/]")',
        "import textual\nself.border_title = name",
        "import textual\nself.tooltip = f'{name}'",
        "Option(name)",
        "Input(value=name)",
        "DataTable()",
        "Content.from_markup(name)",
        "Static(Content('a') + name)",
        "Static(safe_content(a) if a else b)",
        "table.add_row(safe(a), b)",
        "Content(name)",
        "Content.styled(f'{name} is gone', 'bold')",
        "Text(', '.join(name for name in names))",
    ],
)
def test_the_lint_finds_what_would_be_read_as_markup(line: str) -> None:
    assert findings(line) != []


@pytest.mark.parametrize(
    "line",
    [
        "Static(safe_content(station.name))",
        'Static("nothing yet")',
        "Static(Content('[') + safe_content(name))",
        "Static(safe_content(a) if a else Content(''))",
        "self.notify(safe_text(error), markup=False)",
        "self.notify(f'{safe_text(name)} answered', markup=False)",
        "self.border_title = safe_content(name)",
        "rows: dict[str, str] = {}\nrows.update(more)",
        "seen = set()\nseen.update(names)",
        "def text() -> Content: ...\nStatic(text())",
        "self.notify(f'{len(names)} stations, {age(seconds)}', markup=False)",
        "Content(f'{safe_text(name)}: {len(names)} {WORD}')",
        "shown = safe_text(name)\nContent.styled(shown + ' is gone', 'bold')",
        "text: Content = make()\nStatic(text)",
        "piece = safe_content(a)\nself.update(piece)",
        "Button(Content('Cancel'))",
        "SafeInput(name)",
    ],
)
def test_the_lint_lets_safe_text_pass(line: str) -> None:
    assert findings(line) == []
