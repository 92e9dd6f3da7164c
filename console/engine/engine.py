"""The headless core: one object that screens, the command line and the HTTP API talk to.

A frame comes in, is kept, is understood, is answered, is seen: that is the ``road``. Around it stand ``recall`` (what a
start takes from the journal), ``registration`` (who takes part), ``policies`` (what the profile says) and ``upkeep``.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from console.engine import history
from console.engine.addresses import on_this_machine
from console.engine.dialects.base import Policy
from console.engine.endpoint.attempts import Attempts
from console.engine.endpoint.links import Links
from console.engine.endpoint.listener import Listener
from console.engine.errors import JournalFull
from console.engine.journal import Journal
from console.engine.listening import listens, refuse_exposed
from console.engine.marks import Marks
from console.engine.policies import Policies
from console.engine.recall import recall_answers, recall_fleet
from console.engine.registration import Registration
from console.engine.road import Road
from console.engine.tasks import Owner, cancel_all, quietly, spawn
from console.engine.trust.revoked import Revocations
from console.engine.trust.revoking import Revoking
from console.engine.trust.secrets import Secrets
from console.engine.trust.signing import Signing
from console.engine.trust.trust import Trust
from console.engine.upkeep import Upkeep
from console.engine.watchdog import Watchdog
from console.engine.wire.exchange import Exchange
from profiles import Profile

if TYPE_CHECKING:
    from console.engine.api.server import ApiServer
    from console.engine.filter import Filter
    from console.engine.fleet.model import StoredSample, Transaction
    from console.engine.orders.desk import OrderDesk
    from console.engine.orders.run import Run
    from console.engine.transfer.model import Transfer
    from console.engine.transfer.server import FileServer


class Engine(Road):
    """The central system without a screen. ``start`` and ``stop`` bracket its life; it belongs to one event loop.

    ``listen`` replaces the profile's addresses, ``api`` and ``files`` theirs; ``data`` is the directory that is kept.
    """

    desk: OrderDesk
    files: FileServer

    def __init__(
        self,
        profile: Profile,
        data: Path,
        *,
        listen: Sequence[str] | None = None,
        api: str | None = None,
        files: str | None = None,
        read_only: bool = False,
        insecure: bool = False,
        clock: Callable[[], int] = time.time_ns,
        open_journal: Callable[..., Journal] = Journal.open,
    ) -> None:
        super().__init__(clock)
        self.profile = profile
        self.data = data
        self.read_only = read_only or profile.screen.read_only
        self.listens = listens(profile, listen)
        self.api_address, self.api_fixed = api or profile.api.address, api is not None
        self.files_address, self.files_fixed = files or profile.files.address, files is not None
        if not insecure and profile.name != "bench":
            refuse_exposed(profile, self.listens)
        self.attempts = Attempts()
        self.secrets = Secrets(data / "trust" / "secrets.json")
        self.links = Links(self, self.secrets, profile.station)
        self.listeners: list[Listener] = []
        self.trust = Trust(profile, data / "trust")
        self.registration = Registration(self)
        self.policies = Policies(profile, sign=self.registration.sign)
        self.revocations = Revocations(data / "trust" / "revoked.json")
        self.revoking = Revoking(self.revocations, self.trust, self.links, tell=self.happen)
        self.signing = Signing(self.trust, authenticated=self.registration.proved, tell=self.happen, call=self.raw)
        self.watch(self.signing.see)
        self.upkeep = Upkeep(self)
        self.watchdog = Watchdog(clock)
        self.marks = Marks()
        self.stats, self.stalls = self.upkeep.stats, self.watchdog.stalls
        self.api: ApiServer | None = None
        self.api_url: str | None = None
        self.files_url: str | None = None
        self.root_url: str | None = None  # where the own root certificate can be fetched, once that is offered
        self.running = False
        self.tasks: Owner = set()
        self._open_journal = open_journal
        self._journal_started = False
        self._root_offer: Transfer | None = None
        self._last_transaction = 0

    # Life.

    async def start(self) -> None:
        """Open the journal, rebuild the fleet, listen. Raises a ChargehandError; nothing is left open then."""
        loop = asyncio.get_running_loop()
        self.journal = self._open_journal(self.data)
        try:
            await asyncio.to_thread(self.secrets.load)
            await asyncio.to_thread(self.revoking.load)
            await recall_fleet(self)
            self.journal.start(loop, self._released)
            self._journal_started = True
            await self.happen("console.started", profile=self.profile.name)
            await recall_answers(self, self.links)
            await self._start_files()
            await self._start_listeners()
            await self._start_api()
        except BaseException:
            await self.stop()
            raise
        spawn(self.upkeep.tick(), name="engine tick", owner=self.tasks)
        spawn(self.upkeep.save(), name="fleet snapshots", owner=self.tasks)
        days = self.profile.journal.retention_days
        spawn(self.upkeep.retain(days), name="journal retention", owner=self.tasks)
        if self.trust.serves:
            spawn(self.trust.renew(), name="certificate renewal", owner=self.tasks)
        if any(listen.security_profile == 3 for listen in self.listens):
            spawn(self.revoking.watch(), name="revoked certificates", owner=self.tasks)
        self.upkeep.collector.calm(time.monotonic())
        self.watchdog.start()
        self.running = True

    async def stop(self) -> None:
        """Close every link, write the last snapshot, close the journal. Safe to call at any stage."""
        self.running = False
        async with AsyncExitStack() as steps:
            # Taken from the last to the first; whatever goes wrong in one, the journal and its lock are let go.
            steps.callback(self.watchdog.stop)
            steps.push_async_callback(quietly, self.journal.close)
            steps.push_async_callback(quietly, self._say_goodbye)
            steps.push_async_callback(cancel_all, self.tasks)
            steps.push_async_callback(quietly, self.secrets.close)
            steps.push_async_callback(quietly, self.signing.close)
            if "files" in self.__dict__:
                steps.push_async_callback(quietly, self.files.stop)
            if self.api is not None:
                steps.push_async_callback(quietly, self.api.stop)
            for listener in reversed(self.listeners):
                steps.push_async_callback(quietly, listener.stop)
            if "desk" in self.__dict__:
                steps.push_async_callback(quietly, self.desk.close)
        self.listeners = []
        self.api = None

    async def _say_goodbye(self) -> None:
        if not self._journal_started:
            return
        self._journal_started = False
        with suppress(JournalFull):
            # Commits come in order: once this one is folded, everything before it is.
            await self.happen("console.stopped")
        await self.upkeep.finish()

    async def _start_files(self) -> None:
        from console.engine.orders.desk import OrderDesk
        from console.engine.transfer.server import FileServer

        self.files = FileServer(
            self.data / "files",
            self.files_address,
            max_upload=self.profile.files.max_upload_mb * 1024 * 1024,
            notify=self._transferred,
            fixed=self.files_fixed,
            host=self.profile.files.host,
        )
        await self.files.start()
        self.files_url = self.files.url
        self.desk = OrderDesk(self)

    async def _start_listeners(self) -> None:
        numbers = itertools.count(self.last_link + 1)
        for listen in self.listens:
            context = await self.trust.context(listen) if listen.secure else None
            listener = Listener(
                self, listen, self.registration.door(listen), self.links, self.attempts, numbers, context
            )
            listener.on_link = self.registration.linked
            await listener.start()
            self.listeners.append(listener)
        if self.trust.serves:
            await self.offer_root()

    async def _start_api(self) -> None:
        from console.engine.api.server import ApiServer

        self.api = ApiServer(self, self.api_address, token=self.profile.api.token, fixed=self.api_fixed)
        await self.api.start()
        self.api_url = self.api.url

    # What it says of itself.

    @property
    def listen_urls(self) -> list[str]:
        """The URLs to type into a charger, each ending in ``/``; the identity comes behind it."""
        return [listener.url for listener in self.listeners]

    @property
    def dial_urls(self) -> list[str]:
        """The same for people: those first that a charger reaches from where it is."""
        return sorted(self.listen_urls, key=on_this_machine)

    @property
    def own_url(self) -> str:
        """The URL by which a station on this very machine reaches the endpoint."""
        return self.listeners[0].own_url

    @property
    def exposed(self) -> bool:
        """Whether other machines can reach a listener that asks nobody who they are."""
        return any(listener.listen.exposed for listener in self.listeners)

    @property
    def failure(self) -> str | None:
        """What a person must know at once: the disk refuses, or no socket can be accepted."""
        if self.journal.failure is not None:
            return self.journal.failure
        return next((listener.paused for listener in self.listeners if listener.paused is not None), None)

    def ready(self) -> dict[str, Any]:
        """The line that ``chargehand serve`` prints when it can be used."""
        made = {"event": "ready", "listen": self.listen_urls, "api": self.api_url, "files": self.files_url}
        return made if self.root_url is None else {**made, "root": self.root_url}

    async def offer_root(self) -> str:
        """Where chargers can fetch the root certificate, in PEM; it is made where there is none. Raises TrustError."""
        authority = await self.trust.authority()
        offer = self._root_offer
        if offer is None or self.files.by_token(offer.token) is None:
            offer = self.files.offer(authority.root_path, name="chargehand-root.pem", station="", order=0)
            self._root_offer = offer
        self.root_url = self.files.link(offer, urlsplit(self.files.url).hostname or "127.0.0.1")
        return self.root_url

    # What links ask.

    def policy(self, station: str, registration: str) -> Policy:
        """What the profile says for a station that was let in with that registration."""
        return self.policies.of(registration)

    def next_transaction(self) -> int:
        """A transaction id that was never handed out."""
        self._last_transaction = max(self._last_transaction, self.fleet.last_transaction) + 1
        return self._last_transaction

    def _transferred(self, transfer: Transfer) -> None:
        """A file has been received or fetched whole, or could not be; the journal keeps that."""
        told = transfer.told(self.clock())
        if told is not None:
            self.keep(told)

    # What operators do.

    async def order(self, station: str, name: str, arguments: Mapping[str, Any], *, by: str = "operator") -> Run:
        """Give an order (see ``orders.table``)."""
        return await self.desk.give(station, name, arguments, by=by)

    async def raw(
        self, station: str, action: str, payload: Any, *, by: str = "operator", timeout: float | None = None
    ) -> Exchange:
        """Send any call and wait for its outcome."""
        return await self.desk.raw(station, action, payload, by=by, timeout=timeout)

    async def approve(self, station: str, accept: bool, *, by: str = "operator") -> None:
        """Accept or refuse a station that waits for a person, and ask it to boot again so that it learns of it."""
        await self.registration.approve(station, accept, by)

    async def acknowledge(self, alarm: int, note: str = "", *, by: str = "operator") -> None:
        """Take note of an alarm."""
        await self.happen("alarm.acknowledged", alarm=alarm, note=note, by=by)

    async def bookmark(self, exchange: int, on: bool, *, by: str = "operator") -> None:
        """Mark an exchange, or take the mark away."""
        await self.happen("bookmark", exchange=exchange, on=on, by=by)
        self.marks.note(exchange, on)

    def learned_profile(self) -> Profile:
        """The profile with what was decided here since: stations that an operator accepted are known stations."""
        return self.registration.learned()

    # Looking things up.

    async def messages(
        self,
        where: Filter | None = None,
        *,
        limit: int = 200,
        before: int | None = None,
        after: int | None = None,
        late: bool = False,
    ) -> list[Exchange]:
        """Exchanges from the journal, oldest first: the newest ``limit`` that match, or those before or after an id.

        ``late``: their payloads are read when somebody looks at them.
        """
        return await self.journal.messages(where, limit=limit, before=before, after=after, late=late)

    async def transactions(self, *, station: str | None = None, limit: int = 500) -> list[Transaction]:
        """Transactions, newest first: those at hand, then older ones from the journal."""
        return await history.transactions(self.fleet, self.journal, station, limit)

    async def samples(self, transaction: int) -> list[StoredSample]:
        """Every stored sample of a transaction, in order."""
        return await history.samples(self.upkeep, self.journal, transaction)
