"""Trust: the certificate authority of a data directory, and the secrets that stations were given.

``cryptography`` is imported by ``authority`` and ``certificates`` only, and they are imported when they are needed: a
console without TLS never loads it.
"""
