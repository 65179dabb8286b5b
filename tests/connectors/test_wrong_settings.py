"""What is said of settings that cannot be meant so: their names, never their values."""

import pytest

from connectors import find
from personalization.errors import Stop
from tests.connectors.shops.conftest import SETTINGS

ADDRESSES = {
    "mailchimp": {"list": "5ea5ea5ea5", "key": "0123-us1"},
    "hubspot": {"token": "t", "portal": "1", "opted_in": "list"},
    "klaviyo": {"key": "pk_1"},
    **{name: dict(given) for name, given in SETTINGS.items()},
}


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:99999", "http://host:port", "ftp://host", "http://"]
)
def test_an_address_that_nobody_could_call_is_refused_before_anything_is_asked(name, url):
    module = find(name)
    make = getattr(module, "destination", None) or module.source
    with pytest.raises(Stop) as refused:
        make("main", {**ADDRESSES[name], "url": url})
    assert str(refused.value).startswith(f"{name}/main: these settings are missing or wrong: ")
    assert "url" in str(refused.value)
    assert url not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"folder": "x", "curency": "EUR"}, "curency (not known; currency?)"),
        ({"folder": "x", "colour": "red"}, "colour (not known)"),
        ({"curency": "EUR"}, "curency (not known; currency?), folder"),
        ({"folder": "x", "page": 0}, "page"),
    ],
)
def test_a_setting_that_is_not_known_is_told_with_the_one_that_may_be_meant(given, said):
    with pytest.raises(Stop) as refused:
        find("files").source("main", given)
    assert str(refused.value) == f"files/main: these settings are missing or wrong: {said}"
