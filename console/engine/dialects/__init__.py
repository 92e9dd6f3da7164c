"""OCPP versions: one dialect each, and the table of them."""

from __future__ import annotations
