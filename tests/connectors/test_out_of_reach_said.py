"""A host that is out of reach is said to be so at once, by its name and never with a key; who waits
for it gives up after a few tries, and what a schedule runs is as patient as it was told to be."""

import socket

import pytest
import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError

from connectors.shared.http import Wire
from connectors.shared.waiting import attended
from personalization.errors import Retry

AWAY = "http://user:hush@127.0.0.1:1/v1/hush?key=hush"


def called(patience=120.0, url=AWAY):
    """A call to nowhere: (error, seconds slept)."""
    slept = []
    wire = Wire("shop/main", patience=patience, sleep=slept.append)
    with pytest.raises(Retry) as raised:
        wire.send("GET", url)
    return str(raised.value), sum(slept)


def test_who_waits_is_told_at_once_and_for_a_few_seconds_only():
    said = []
    with attended(said.append):
        error, slept = called()
    assert said[0] == "cannot reach 127.0.0.1:1 yet, trying again (2 of 4) ..."
    assert len(said) == 3
    assert slept < 5
    for part in ("shop/main", "127.0.0.1:1", "refused", "also after", "sandbox"):
        assert part in error
    assert "hush" not in error + "".join(said)


def test_what_nobody_attends_is_as_patient_as_it_was_told():
    _, slept = called()
    assert 60 < slept <= 120


def test_a_schedule_is_patient_and_says_so():
    said = []
    with attended(said.append, tries=None):
        _, slept = called()
    assert slept > 60
    assert len(said) > 4


def test_the_time_that_a_connection_takes_to_fail_counts(monkeypatch):
    calls = []

    def swallowed(self, method, url, timeout, **more):
        calls.append(timeout)
        raise requests.ConnectTimeout(MaxRetryError(None, url, ConnectTimeoutError()))

    monkeypatch.setattr(requests.Session, "request", swallowed)
    error, slept = called(patience=60)
    assert "nothing there took the connection" in error
    assert slept + sum(connect for connect, _ in calls[:-1]) <= 60
    assert len(calls) > 2


def test_a_name_that_nobody_knows_is_called_that(monkeypatch):
    def unknown(*_given, **_more):
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("NO_PROXY", "*")
    error, _ = called(patience=1, url="https://away.example.com/hush")
    assert "no answer from away.example.com (its name is not known here)" in error
    assert "is the address in the account's settings right?" in error
