"""The sampled values of a session as rows for programs: an export of the screen, ``chargehand samples`` and the API."""

from __future__ import annotations

from collections.abc import Iterable

from console.engine.fleet.fleet import Dirty
from console.engine.fleet.model import StoredSample, Transaction
from console.engine.fleet.readings import samples_in
from console.engine.journal.rows import Row, iso, transaction_row


def samples_among(parts: Iterable[Dirty], transaction: int) -> list[StoredSample]:
    """The samples of a transaction among what has changed in a fleet and is not stored yet."""
    every = (one for part in parts for samples in part.samples.values() for one in samples)
    mine = [one for one in every if one.transaction == transaction]
    return [sample for one in mine for sample in samples_in(one.body, transaction, one.station)]


def sample_rows(transaction: Transaction, samples: Iterable[StoredSample]) -> list[Row]:
    """Every sample as a plain row, each with the session it belongs to (``session``: our id)."""
    session = transaction_row(transaction)
    return [
        {
            "session": session["id"],
            "station": session["station"],
            "transaction_id": session["transaction_id"],
            "time": iso(one.time),
            "evse": one.evse,
            "connector": one.connector,
            "measurand": one.sample.measurand,
            "phase": one.sample.phase,
            "location": one.sample.location,
            "context": one.sample.context,
            "value": one.sample.value,
            "unit": one.sample.unit,
            "text": one.sample.text,
        }
        for one in samples
    ]
