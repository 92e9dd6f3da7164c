"""OCPP 1.6J: what a simulated station says and how it obeys."""
