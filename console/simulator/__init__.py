"""Virtual charging stations of OCPP 1.6J, 2.0.1 and 2.1: an independent witness that knows nothing of the engine.

``SimulatedStation`` (in ``station``) is one station for tests; ``simulate`` (in ``run``) is a fleet.
"""
