"""The form of an order: a dialog over the screen, filled with what is known, saying what will happen; then its run.

``enter`` sends, ``esc`` leaves. A dangerous order (or one to many stations) has the focus on Cancel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static, TextArea

from console.engine.errors import ChargehandError
from console.engine.orders.argument import listed
from console.engine.orders.check import check_arguments
from console.engine.orders.draft import judge_draft, read_draft, skeleton
from console.engine.orders.schema_form import FieldSpec
from console.engine.orders.table import OrderKind
from console.engine.tasks import spawn
from console.screens.fields import Field
from profiles import quirks_for
from widgets.safe import safe_content, safe_text
from widgets.tone import tone_style

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.fleet.model import Station

NAMED = 6  # stations that a bulk form names
PLACES = ("connector", "evse", "key", "component", "variable")  # what an order is about
VERDICT = 200  # characters of what a schema says against a call


class OrderForm(ModalScreen[None]):
    """One order's form, for one station or for many."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False),
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Before", show=False),
        Binding("enter", "send", "Send", show=False),
        Binding("ctrl+r,f5", "send", "Send", show=False, priority=True),
        Binding("right", "other(1)", "Send", show=False),
        Binding("left", "other(-1)", "Cancel", show=False),
    ]

    def __init__(
        self,
        kind: OrderKind,
        stations: Sequence[str],
        arguments: Mapping[str, object],
        place: tuple[int | None, int | None],
    ) -> None:
        super().__init__(classes="dialog-screen")
        self.order = kind
        self.stations = list(stations)
        self._given = {name: _text(value) for name, value in arguments.items()}
        self._place = place
        self._sending = False
        self._drafted = ""

    @property
    def console(self) -> ConsoleApp:
        """The App."""
        return cast("ConsoleApp", self.app)

    @property
    def version(self) -> str | None:
        """The OCPP version that all the stations share; None where they differ."""
        versions = self._versions()
        return versions.pop() if len(versions) == 1 else None

    def _versions(self) -> set[str | None]:
        fleet = self.console.engine.fleet
        return {found.version for one in self.stations if (found := fleet.station(one)) is not None}

    def _fields(self) -> list[FieldSpec]:
        from msgspec.structs import replace

        from console.engine.orders.forms import form_for

        engine = self.console.engine
        station = engine.fleet.station(self.stations[0]) if len(self.stations) == 1 else None
        specs = form_for(
            self.order,
            station,
            engine.fleet,
            self.version,
            images=engine.files.images() if self.order.id == "firmware" else (),
            evse=self._place[0],
            connector=self._place[1],
        )
        specs = [replace(one, value=self._given.get(one.name, one.value)) for one in specs]
        return [self._with_tags(one) if one.name == "tag" else one for one in specs]

    def _with_tags(self, spec: FieldSpec) -> FieldSpec:
        """Tags that were seen anywhere or stand in the profile are offered; the newest fills an empty field."""
        from msgspec.structs import replace

        engine = self.console.engine
        newest = sorted(engine.fleet.transactions.values(), key=lambda one: -one.received)
        known = [one.id for one in self.console.profile.tags.known if one.status == "Accepted"]
        tags = tuple(dict.fromkeys([*(one.id_tag for one in newest if one.id_tag), *known]))
        return replace(spec, value=spec.value or (tags[0] if tags else ""), choices=tags[:50])

    def compose(self) -> ComposeResult:
        """Who, what, what will happen, send or leave."""
        specs = self._fields()
        with Vertical(classes="dialog"):
            yield Static(self._who(), classes="who", markup=False)
            if specs:
                with VerticalScroll(classes="fields", can_focus=False):
                    for spec in specs:
                        yield Field(spec)
                yield Static("", id="field-hint", markup=False)
            yield Static("", id="effect", markup=False)
            yield Static("", id="trouble", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Send", id="send", variant="primary", compact=True)
                yield Static("", classes="keys", markup=False)

    def on_mount(self) -> None:
        """The keyboard goes to what is still missing; of a dangerous order that misses nothing to Cancel."""
        count = len(self.stations)
        title = self.order.title if count == 1 else f"{self.order.title} · {count} stations"
        self.query_one(".dialog").border_title = safe_content(title)
        self._judge()
        field = self._first()
        if field is not None:
            field.take_focus()
        else:
            self.set_focus(self.query_one("#cancel" if self.danger == "danger" else "#send"))

    def _first(self) -> Field | None:
        """Where the keyboard is wanted first; None: at the buttons."""
        fields = list(self.query(Field))
        group = next((one for one in self.order.one_of if not any(name in self.given for name in one)), ())
        wanting = self._wanting() or next((one for one in fields if one.spec.name in group), None)
        if wanting is not None or self.danger == "danger":
            return wanting
        # What was chosen on the screen needs no second thought: the key of a setting, the only connector.
        settled = [one for one in fields if one.value and one.spec.name in PLACES]
        return next((one for one in fields if one not in settled), fields[0] if fields else None)

    def _who(self) -> Content:
        fleet = self.console.engine.fleet
        if len(self.stations) > 1:
            names = ", ".join(safe_text(one, max_chars=24) for one in self.stations[:NAMED])
            more = f" and {len(self.stations) - NAMED} more" if len(self.stations) > NAMED else ""
            running = sum(len(found.active) for one in self.stations if (found := fleet.station(one)) is not None)
            return Content.assemble(
                (f"{names}{more}", "bold"), (f" · {_running(running)}" if running else "", "$text-muted")
            )
        station = fleet.station(self.stations[0])
        if station is None:
            return safe_content(self.stations[0], "bold")
        return Content.assemble((safe_text(station.id, max_chars=48), "bold"), (f"  {_about(station)}", "$text-muted"))

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields, by name."""
        return {field.spec.name: field.value for field in self.query(Field)}

    @property
    def given(self) -> dict[str, str]:
        """The same without what was left out (stations of another version may not know that argument), and without what
        another argument stands in for: the file may only be a proposal."""
        found = {one.spec.name: one.value for one in self.query(Field) if one.value.strip() or one.spec.required}
        for name, other in self.order.instead.items():
            if name in found:
                found.pop(other, None)
        return found

    @property
    def danger(self) -> str:
        """How dangerous the order is as it stands; to many stations every order that does something is."""
        level = self.order.danger(self.given)
        return "danger" if len(self.stations) > 1 and level != "none" else level

    @on(Field.Edited)
    def _judge(self) -> None:
        """Say what will happen with what stands there now."""
        given = self.given
        self._say_needed(given)
        text = self.order.effect({name: value for name, value in given.items() if value}, self.version)
        self.query_one("#effect", Static).update(safe_content(text[:1].upper() + text[1:]))
        self._draft()
        self.query_one("#trouble", Static).update(self._hints())
        danger = self.danger == "danger"
        self.query_one(".dialog").set_class(danger, "-danger")
        self.query_one("#send", Button).variant = "error" if danger else "primary"
        self._say_keys()

    def _draft(self) -> None:
        """A raw call begins with what its action needs, as long as nobody has written a payload."""
        fields = {one.spec.name: one for one in self.query(Field)}
        action, payload = fields.get("action"), fields.get("payload")
        if self.order.id != "raw" or action is None or payload is None or self.version is None:
            return
        if payload.value.strip() in ("", self._drafted):
            drafted = skeleton(self.version, action.value.strip())
            if drafted != self._drafted:
                self._drafted = drafted
                payload.fill(drafted)

    def _say_needed(self, given: Mapping[str, str]) -> None:
        """Of arguments that can stand in for each other one is needed; the others may be left out then."""
        for group in self.order.one_of:
            fields = [one for one in self.query(Field) if one.spec.name in group]
            names = [one.spec.name for one in fields]
            for field in fields:
                others = [one for one in names if one != field.spec.name]
                known = any(one in given for one in others)
                field.say_empty("may be left out" if known or not others else f"needed: this or {listed(others)}")

    def _wanting(self) -> Field | None:
        """The first field that must not stay empty and is."""
        return next((one for one in self.query(Field) if one.spec.required and not one.value.strip()), None)

    def _say_keys(self) -> None:
        """What the keys do from where the keyboard is: a dangerous order is sent from its button only."""
        at = self.focused.id if isinstance(self.focused, Button) else None
        if at == "cancel":
            words = "→ then enter sends · esc leaves"
        elif at is None and self.danger == "danger":
            words = "enter to the buttons · esc leaves"
        elif isinstance(self.focused, TextArea):
            words = "^r sends · esc leaves"
        else:
            words = "enter sends · esc leaves"
        self.query_one(".buttons .keys", Static).update(Content(words))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A few words on what belongs into the field that has the keyboard, and on the keys."""
        self._say_keys()
        field = next((one for one in event.widget.ancestors if isinstance(one, Field)), None)
        for line in self.query("#field-hint").results(Static):
            words = field.hint if field is not None else ""
            line.update(safe_content(f"{field.spec.name}: {words}") if field is not None and words else Content(" "))

    def _hints(self) -> Content:
        values = self.values
        if self.order.id == "raw" and self.version is not None and values.get("action"):
            said = judge_draft(self.version, values["action"], values.get("payload", ""))
            text = f"✖ {said.text}" if said.tone == "bad" else said.text
            return safe_content(text, tone_style(said.tone), max_chars=VERDICT)
        if len(self.stations) > 1:
            return Content("")
        station = self.console.engine.fleet.station(self.stations[0])
        if station is None:
            return Content("")
        known = self.console.profile.station(station.id)
        quirks = quirks_for(station.vendor, station.model, station.firmware, known.quirks if known is not None else ())
        lines = [safe_content(f"⚠ {hint}", "$text-warning") for hint in quirks.hints(self.order.id)]
        return Content("\n").join(lines)

    def _complain(self, sentence: str, about: Field | None = None) -> None:
        self.query_one("#trouble", Static).update(safe_content(f"✖ {sentence}", "bold $text-error"))
        about = about or next((one for one in self.query(Field) if f" {one.spec.name}" in sentence), None)
        if about is not None:
            about.take_focus()

    # Keys.

    def action_other(self, step: int) -> None:
        """From one button to the other; in a field the arrows are the field's."""
        if isinstance(self.focused, Button):
            self.query_one("#send" if step > 0 else "#cancel").focus()

    def action_leave(self) -> None:
        """Nothing is sent."""
        self.dismiss()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss()

    @on(Button.Pressed, "#send")
    def _press(self) -> None:
        self._send()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_send()

    def action_send(self) -> None:
        """``enter`` in a field: a dangerous order wants its button pressed, and a draft to be looked at."""
        draft = next(
            (one for one in self.query(Field) if one.spec.name == "payload" and one.value == self._drafted), None
        )
        if draft is not None and self._drafted not in ("", "{}") and not isinstance(self.focused, Button | TextArea):
            draft.take_focus()
        elif self.danger == "danger":
            self.set_focus(self.query_one("#cancel"))
        else:
            self._send()

    def _send(self) -> None:
        wrong = self._unsendable()
        if wrong:
            self._complain(wrong)
            return
        empty = self._wanting()
        # A setting may be made empty; every other field that is needed is not.
        if empty is not None and empty.spec.name != "value":
            self._complain(_type_it(empty.spec), empty)
        elif not self._sending:
            self._sending = True
            spawn(self._go(), name=f"give {self.order.id}", owner=self.console.tasks)

    def _unsendable(self) -> str:
        """What is wrong with a raw call that has an action; empty where nothing is."""
        values = self.values
        if self.order.id != "raw" or not values.get("action"):
            return ""
        try:
            read_draft(values["action"], values.get("payload", ""))
        except ValueError as error:
            return str(error)
        return ""

    async def _go(self) -> None:
        try:
            for version in self._versions():
                check_arguments(self.order, version, self.given)
            runs = await self.console.orders.give(self.order, self.stations, self.given)
        except ChargehandError as error:
            self._sending = False
            if self.is_attached:
                self._complain(error.sentence)
            return
        console = self.console
        if self.is_current:
            self.dismiss()
        console.orders.show(runs)


def _type_it(spec: FieldSpec) -> str:
    """What to do about a field that must not stay empty."""
    few = 0 < len(spec.choices) <= NAMED
    what = listed(spec.choices) if few else spec.hint
    return f"{spec.label} is empty. Type {what}." if what else f"{spec.label} is empty."


def _running(sessions: int) -> str:
    return "1 session runs" if sessions == 1 else f"{sessions} sessions run"


def _about(station: Station) -> str:
    words = [" ".join(word for word in (station.vendor, station.model) if word), f"OCPP {station.version or '?'}"]
    if station.active:
        words.append(_running(len(station.active)))
    return safe_text(" · ".join(word for word in words if word), max_chars=80)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
