"""OCPP 2.0.1 and 2.1: what a simulated station says and how it obeys."""
