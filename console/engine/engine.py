"""The headless core: one object that screens, the command line and the HTTP API talk to.

A frame comes in, is kept, is understood, is answered, is seen. ``keep`` and ``_released`` are that road: a record is
appended to the journal, and once its commit has returned it is folded into the fleet and its continuation runs.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from console.engine.addresses import url
from console.engine.dialects import dialect
from console.engine.dialects.base import Policy, TagInfo
from console.engine.dialects.reading import stamp
from console.engine.endpoint.admission import Door
from console.engine.endpoint.answers import Stored as StoredAnswer
from console.engine.endpoint.attempts import Attempts
from console.engine.endpoint.link import Link
from console.engine.endpoint.links import Links
from console.engine.endpoint.listener import Listener
from console.engine.errors import EngineError, JournalFull, ListenError, NoSuchStation, ProfileError
from console.engine.feed import Feed
from console.engine.fleet.events import Event
from console.engine.fleet.fleet import Dirty, Fleet
from console.engine.journal import Journal, Snapshot
from console.engine.reading import fold_record
from console.engine.stats import Stats
from console.engine.tasks import Owner, cancel_all, spawn
from console.engine.trust.secrets import Secrets
from console.engine.trust.signing import Signing
from console.engine.trust.trust import Trust
from console.engine.wire.exchange import Exchange, Happening, Record
from profiles import KnownStation, Listen, Profile, format_address, parse_address

if TYPE_CHECKING:
    from console.engine.api.server import ApiServer
    from console.engine.filter import Filter
    from console.engine.fleet.model import StoredSample, Transaction
    from console.engine.orders.desk import OrderDesk
    from console.engine.orders.run import Run
    from console.engine.transfer.model import Transfer
    from console.engine.transfer.server import FileServer

log = logging.getLogger("chargehand.engine")

Then = Callable[[Exception | None], None]
Watcher = Callable[[Record, tuple[Event, ...]], None]

SNAPSHOT_S = 5.0
SNAPSHOT_SAMPLES = 150_000  # or as soon as so many samples wait for it
TICK_S = 0.5
STALL_S = 0.25
CLOCK_JUMP_NS = 5_000_000_000
RETENTION_S = 3600.0
RETENTION_FIRST_S = 180.0  # a console that is never left running for an hour forgets too
ANSWERS_NS = 24 * 3600 * 1_000_000_000
NS = 1_000_000_000


class Engine:
    """The central system without a screen. ``start`` and ``stop`` bracket its life; it belongs to one event loop.

    ``listen`` replaces the profile's addresses, ``api`` and ``files`` theirs; ``data`` is the directory that is kept.
    """

    links: Links
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
        self.profile = profile
        self.data = data
        self.clock = clock
        self.read_only = read_only or profile.screen.read_only
        self.listens = _listens(profile, listen)
        self.api_address, self.api_fixed = api or profile.api.address, api is not None
        self.files_address, self.files_fixed = files or profile.files.address, files is not None
        if not insecure and profile.name != "bench":
            _refuse_exposed(profile, self.listens)
        self.fleet = Fleet()
        self.feed = Feed()
        self.attempts = Attempts()
        self.stats = Stats()
        self.links = Links(self)
        self.listeners: list[Listener] = []
        self.trust = Trust(profile, data / "trust")
        self.secrets = Secrets(data / "trust" / "secrets.json")
        self.links.secrets, self.links.known = self.secrets, profile.station
        self.signing = Signing(self.trust, authenticated=self._proved, tell=self.happen, call=self.raw)
        self.journal: Journal
        self._open_journal = open_journal
        self._journal_started = False
        self.api: ApiServer | None = None
        self.api_url: str | None = None
        self.files_url: str | None = None
        self._root_offer: Transfer | None = None
        self.root_url: str | None = None  # where the own root certificate can be fetched, once that is offered
        self.running = False
        self.stalls: deque[tuple[int, float]] = deque(maxlen=50)
        self._thens: dict[int, Then] = {}
        self._watchers: list[Watcher] = [self.signing.see]
        self._tasks: Owner = set()
        self._policies: dict[str, Policy] = {}
        self._last_transaction = 0
        self._last_link = 0  # the highest link number of any record
        self._last_snapshot = time.monotonic()
        self._clocks = (clock(), _steady_ns())
        self._rates: deque[tuple[float, int]] = deque(maxlen=11)

    # Life.

    async def start(self) -> None:
        """Open the journal, rebuild the fleet, listen. Raises a ChargehandError; nothing is left open then."""
        loop = asyncio.get_running_loop()
        self.journal = self._open_journal(self.data)
        try:
            await asyncio.to_thread(self.secrets.load)
            await self._rebuild()
            self.journal.start(loop, self._released)
            self._journal_started = True
            await self.happen("console.started", profile=self.profile.name)
            await self._load_answers()
            await self._start_files()
            await self._start_listeners()
            await self._start_api()
        except BaseException:
            await self.stop()
            raise
        spawn(self._tick(), name="engine tick", owner=self._tasks)
        spawn(self._retain(), name="journal retention", owner=self._tasks)
        if self.trust.serves:
            spawn(self.trust.renew(), name="certificate renewal", owner=self._tasks)
        _calm_collector()
        self.running = True

    async def stop(self) -> None:
        """Close every link, write the last snapshot, close the journal. Safe to call at any stage."""
        self.running = False
        async with AsyncExitStack() as steps:
            # Taken from the last to the first; whatever goes wrong in one, the journal and its lock are let go.
            steps.push_async_callback(_quietly, self.journal.close)
            steps.push_async_callback(_quietly, self._say_goodbye)
            steps.push_async_callback(cancel_all, self._tasks)
            steps.push_async_callback(_quietly, self.secrets.close)
            steps.push_async_callback(_quietly, self.signing.close)
            if "files" in self.__dict__:
                steps.push_async_callback(_quietly, self.files.stop)
            if self.api is not None:
                steps.push_async_callback(_quietly, self.api.stop)
            for listener in reversed(self.listeners):
                steps.push_async_callback(_quietly, listener.stop)
            if "desk" in self.__dict__:
                steps.push_async_callback(_quietly, self.desk.close)
        self.listeners = []
        self.api = None

    async def _say_goodbye(self) -> None:
        if not self._journal_started:
            return
        self._journal_started = False
        with suppress(JournalFull):
            # Commits come in order: once this one is folded, everything before it is.
            await self.happen("console.stopped")
        self._snapshot()

    async def _rebuild(self) -> None:
        stored = self.journal.load()
        self.fleet.restore(
            cursor=stored.cursor,
            last_transaction=stored.counters.get("transaction", 0),
            stations=stored.stations,
            transactions=stored.transactions,
            alarms=stored.alarms,
        )
        self._last_link = stored.counters.get("link", 0)
        for exchange in await self.journal.messages(None, limit=500, before=stored.cursor + 1):
            self.feed.fill(exchange)
        for count, record in enumerate(self.journal.tail(stored.cursor)):
            self._fold(record)
            if isinstance(record, Exchange):
                self.feed.fill(record)
            if count % 500 == 499:
                await asyncio.sleep(0)
        self._last_transaction = self.fleet.last_transaction

    async def _load_answers(self) -> None:
        """Stored answers of transaction messages outlive a restart (field-notes 25)."""
        since = self.clock() - ANSWERS_NS
        for station in self.fleet.stations.values():
            if station.version is None or not (station.active or station.recent):
                continue
            actions = dialect(station.version).replayed
            book = self.links.book(station.key)
            for one in reversed(await self.journal.recent_answers(station.key, actions, since)):
                stored = StoredAnswer(
                    hash(one.raw_request), 0, self.clock(), one.action, one.raw_response, one.transaction
                )
                book.add_older(one.unique_id, stored)

    async def _start_files(self) -> None:
        from console.engine.orders.desk import OrderDesk
        from console.engine.transfer.server import FileServer

        self.files = FileServer(
            self.data / "files",
            self.files_address,
            max_upload=self.profile.files.max_upload_mb * 1024 * 1024,
            notify=self._file_moved,
            fixed=self.files_fixed,
            host=self.profile.files.host,
        )
        await self.files.start()
        self.files_url = self.files.url
        self.desk = OrderDesk(self)

    async def _start_listeners(self) -> None:
        numbers = itertools.count(self._last_link + 1)
        for listen in self.listens:
            context = await self.trust.context(listen) if listen.secure else None
            door = Door(
                listen,
                strict=self.profile.strict,
                known=self.profile.station,
                approved=self._approved,
                seen_as=self._seen_as,
                secrets=self.secrets,
            )
            listener = Listener(self, listen, door, self.links, self.attempts, numbers, context)
            listener.on_link = self._linked
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
        return [
            f"{url('wss' if listener.context is not None else 'ws', *listener.address)}/" for listener in self.listeners
        ]

    @property
    def own_url(self) -> str:
        """The URL by which a station on this very machine reaches the endpoint."""
        listener = self.listeners[0]
        host, port = listener.address
        scheme = self.listen_urls[0].partition("://")[0]
        plain = scheme != "wss"
        if plain and host in ("0.0.0.0", "::", ""):
            host = "::1" if host == "::" else "127.0.0.1"
        return f"{url(scheme, host, port)}/"

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

    # The road.

    def keep(self, record: Record, then: Then | None = None) -> int:
        """Append a record; once it is committed it is folded, and ``then`` runs with None, or with the disk's error."""
        number = self.journal.append(record)
        if then is not None:
            self._thens[number] = then
        return number

    def _released(self, batch: list[Record], error: Exception | None) -> None:
        thens, watchers = self._thens, self._watchers
        for record in batch:
            then = thens.pop(record.id, None) if thens else None
            if error is None:
                events = self._fold(record)
                if type(record) is Exchange:
                    self.feed.add(record)
                for watcher in watchers:
                    try:
                        watcher(record, events)
                    except Exception:
                        log.exception("what watches failed on record %d", record.id)
            if then is not None:
                try:
                    then(error)
                except Exception:
                    log.exception("what follows record %d failed", record.id)

    def _fold(self, record: Record) -> tuple[Event, ...]:
        if record.link is not None and record.link > self._last_link:
            self._last_link = record.link
        return fold_record(self.fleet, record)

    def watch(self, callback: Watcher) -> Callable[[], None]:
        """Have ``callback`` called in the loop after each fold, in order. Returns how to end that."""
        self._watchers = [*self._watchers, callback]

        def unwatch() -> None:
            self._watchers = [one for one in self._watchers if one is not callback]

        return unwatch

    async def happen(self, kind: str, *, station: str | None = None, link: int | None = None, **data: Any) -> Happening:
        """Keep a happening; it is committed and folded when this returns. Raises JournalFull where the disk refuses."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def then(error: Exception | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(JournalFull(f"Nothing was done, because it could not be recorded: {error}"))

        happening = Happening(time=self.clock(), kind=kind, station=station, link=link, data=data)
        self.keep(happening, then)
        await done
        return happening

    # What links ask.

    def policy(self, station: str, registration: str) -> Policy:
        """What the profile says for a station that was let in with that registration."""
        found = self._policies.get(registration)
        if found is None:
            profile = self.profile
            found = self._policies[registration] = Policy(
                strict=profile.strict,
                registration=registration,
                heartbeat_interval=profile.registration.heartbeat_interval,
                pending_interval=profile.registration.pending_interval,
                tag=self._tag,
                sign=self._sign,
            )
        return found

    def next_transaction(self) -> int:
        """A transaction id that was never handed out."""
        self._last_transaction = max(self._last_transaction, self.fleet.last_transaction) + 1
        return self._last_transaction

    def _tag(self, tag: str) -> TagInfo:
        known = self.profile.tag(tag)
        if known is not None:
            expires = known.expires
            return TagInfo(
                known.status, known.parent, None if expires is None else stamp(int(expires.timestamp() * NS))
            )
        return TagInfo("Accepted" if self.profile.tags.policy == "accept" else "Invalid")

    def _sign(self, station: str, request: str) -> str | None:
        refused = "this console is read-only" if self.read_only else self.signing.refused(station, request)
        if refused is not None:
            # 1.6 has no words for it in the answer.
            data = {"reason": refused}
            self.keep(Happening(time=self.clock(), kind="certificate.refused", station=station, data=data))
        return refused

    def _proved(self, station: str) -> bool:
        """Whether the station's link proved whose it is; on the bench that is taken on trust."""
        link = self.links.get(station)
        return link is not None and (link.socket.attempt.security > 0 or self.profile.name == "bench")

    def _approved(self, identity: str) -> bool | None:
        station = self.fleet.station(identity)
        return None if station is None else station.approved

    def _seen_as(self, identity: str) -> str | None:
        station = self.fleet.station(identity)
        return None if station is None else station.id

    def _linked(self, link: Link) -> None:
        grace = self.profile.registration.boot_grace
        asyncio.get_running_loop().call_later(grace, self._ask_boot, link)

    def _ask_boot(self, link: Link) -> None:
        station = self.fleet.station(link.station)
        if link.closed or station is None or station.booted is not None or self.read_only or not self.running:
            return
        spawn(self._trigger_boot(link.identity), name=f"ask {link.identity} to boot", owner=self._tasks)

    async def _trigger_boot(self, station: str) -> None:
        from console.engine.errors import ChargehandError

        try:
            await self.desk.raw(
                station, "TriggerMessage", {"requestedMessage": "BootNotification"}, by="console (no boot was seen)"
            )
        except ChargehandError as error:
            log.info("%s was not asked for its BootNotification: %s", station, error.sentence)

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
        known = self.fleet.station(station)
        if known is None:
            raise NoSuchStation(f"No station {station} is known here.")
        await self.happen("station.accepted" if accept else "station.refused", station=known.id, by=by)
        link = self.links.get(station)
        if link is None:
            return
        if not accept:
            link.policy = self.policy(link.identity, "Rejected")
            link.socket.close(1008, "refused by the operator")
            return
        link.policy = self.policy(link.identity, "Accepted")
        spawn(self._trigger_boot(link.identity), name=f"ask {link.identity} to boot", owner=self._tasks)

    async def acknowledge(self, alarm: int, note: str = "", *, by: str = "operator") -> None:
        """Take note of an alarm."""
        await self.happen("alarm.acknowledged", alarm=alarm, note=note, by=by)

    async def bookmark(self, exchange: int, on: bool) -> None:
        """Mark an exchange, or take the mark away."""
        await self.happen("bookmark", exchange=exchange, on=on)

    def learned_profile(self) -> Profile:
        """The profile with what was decided here since: stations that an operator accepted are known stations."""
        known = list(self.profile.stations)
        for station in self.fleet.stations.values():
            if station.approved and self.profile.station(station.id) is None:
                known.append(KnownStation(id=station.id))
        return msgspec.structs.replace(self.profile, stations=known)

    # Looking things up.

    async def messages(
        self, where: Filter | None = None, *, limit: int = 200, before: int | None = None, after: int | None = None
    ) -> list[Exchange]:
        """Exchanges from the journal, oldest first: the newest ``limit`` that match, or those before or after an id."""
        return await self.journal.messages(where, limit=limit, before=before, after=after)

    async def transactions(self, *, station: str | None = None, limit: int = 500) -> list[Transaction]:
        """Transactions, newest first: those at hand, then older ones from the journal."""
        key = None if station is None else station.casefold()
        found = {
            one.id: one for one in self.fleet.transactions.values() if key is None or one.station.casefold() == key
        }
        for one in await self.journal.transactions(station=key, limit=limit):
            found.setdefault(one.id, one)
        return sorted(found.values(), key=lambda one: -one.id)[:limit]

    async def samples(self, transaction: int) -> list[StoredSample]:
        """Every stored sample of a transaction, in order."""
        due = [one for one in self.fleet.dirty.samples if one.transaction == transaction]
        return [*await self.journal.samples(transaction), *due]

    # Now and then.

    async def _tick(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            late = now - began - TICK_S
            if late > STALL_S:
                self.stalls.append((self.clock(), late))
                log.warning("the event loop stood still for %.0f ms", late * 1000)
            try:
                self._turn(now)
            except Exception:
                log.exception("the engine's own housekeeping failed")

    def _turn(self, now: float) -> None:
        self._watch_clock()
        self.stats.refresh(self.fleet)
        self._rates.append((now, self.feed.total))
        first, last = self._rates[0], self._rates[-1]
        elapsed = last[0] - first[0]
        self.stats.messages_per_second = (last[1] - first[1]) / elapsed if elapsed > 0 else 0.0
        if now - self._last_snapshot >= SNAPSHOT_S or len(self.fleet.dirty.samples) > SNAPSHOT_SAMPLES:
            self._last_snapshot = now
            self._snapshot()

    def _watch_clock(self) -> None:
        """Whether somebody has set this computer's clock; sleep of the computer is no such thing."""
        wall, steady = self.clock(), _steady_ns()
        jumped = (wall - self._clocks[0]) - (steady - self._clocks[1])
        self._clocks = (wall, steady)
        if abs(jumped) > CLOCK_JUMP_NS:
            log.warning("this computer's clock was set by %.1f s", jumped / NS)
            self.keep(Happening(time=wall, kind="console.clock", data={"seconds": round(jumped / NS, 1)}))

    def _snapshot(self) -> None:
        if not self.fleet.dirty:
            return
        taken = self.fleet.take_dirty()

        def saved(error: Exception | None) -> None:
            if error is not None:
                self.fleet.give_back(taken)

        try:
            self.journal.save(_snapshot_of(self.fleet, taken, self._last_link), saved)
        except Exception:
            self.fleet.give_back(taken)
            raise

    async def _retain(self) -> None:
        days = self.profile.journal.retention_days
        pause = RETENTION_FIRST_S
        while days > 0:
            await asyncio.sleep(pause)
            pause = RETENTION_S
            try:
                await self.journal.prune(self.clock() - days * 86_400 * NS)
            except EngineError as error:
                log.warning("what is older than %d days could not be forgotten: %s", days, error)
            except Exception:
                log.exception("what is older than %d days could not be forgotten", days)

    def _file_moved(self, transfer: Transfer) -> None:
        """A file has been received or fetched whole; the journal keeps that."""
        if transfer.state in ("done", "failed"):
            self.keep(
                Happening(
                    time=self.clock(),
                    kind="file.received" if transfer.kind == "upload" else "file.offered",
                    station=transfer.station or None,
                    data={
                        "name": transfer.name,
                        "bytes": transfer.done,
                        "order": transfer.order,
                        "state": transfer.state,
                        "path": transfer.path.name if transfer.path is not None else None,
                    },
                )
            )


async def _quietly(step: Callable[[], Awaitable[None]]) -> None:
    """A step on the way out; its failure is told, and the next one is taken."""
    try:
        await step()
    except Exception:
        log.exception("stopping: %s failed", getattr(step, "__qualname__", step))


def _steady_ns() -> int:
    """A clock that nobody sets and that goes on while the computer sleeps, where the system has such a one."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if boot is None else time.clock_gettime_ns(boot)


def _calm_collector() -> None:
    """Keep what lives as long as the console out of the garbage collector's way: its pauses are felt in the keys."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 25, 100)


def _snapshot_of(fleet: Fleet, taken: Dirty, last_link: int) -> Snapshot:
    return Snapshot(
        cursor=fleet.cursor,
        stations=list(taken.stations.values()),
        transactions=list(taken.transactions.values()),
        alarms=list(taken.alarms.values()),
        samples=taken.samples,
        gone=sorted(taken.gone),
        counters={"transaction": fleet.last_transaction, "link": last_link},
    )


def _listens(profile: Profile, addresses: Sequence[str] | None) -> list[Listen]:
    if not addresses:
        return list(profile.listen)
    made: list[Listen] = []
    for number, address in enumerate(addresses):
        template = profile.listen[min(number, len(profile.listen) - 1)]
        scheme = address.casefold().partition("://")[0]
        if scheme == "ws" and template.secure:
            raise ProfileError(
                f"--listen {address}: the profile {profile.name} asks for TLS (security profile "
                f"{template.security_profile}). Write wss://, or use another profile."
            )
        if scheme == "wss" and not template.secure:
            raise ProfileError(
                f"--listen {address}: wss:// needs a [listen.tls] table in the profile {profile.name}. An empty one will "
                "do: chargehand makes the certificates then."
            )
        host, port = parse_address(address)
        made.append(msgspec.structs.replace(template, address=format_address(host, port)))
    return made


def _refuse_exposed(profile: Profile, listens: Sequence[Listen]) -> None:
    for listen in listens:
        if listen.exposed:
            raise ListenError(
                f"Profile {profile.name} listens on {listen.address} without asking stations who they are. "
                "Set security_profile = 1 and passwords, listen on 127.0.0.1, or say --insecure."
            )
