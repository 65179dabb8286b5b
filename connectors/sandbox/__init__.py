"""A stand-in for the outside systems: stateful HTTP servers that speak their wire formats, with
their real limits and their real failures. It imports nothing else of this project, so that it can
judge it: tests read the ledger, which records every call and every effect where it happens.
"""
