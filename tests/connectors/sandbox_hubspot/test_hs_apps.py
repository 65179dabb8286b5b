"""What belongs to an app or a token: workflow actions, webhook subscriptions, account, scopes."""

import pytest
from hubspot.automation.actions.exceptions import ApiException as ActionRefused
from hubspot.webhooks.exceptions import ApiException as HookRefused

HOOKS = "/webhooks/v3/7001/subscriptions?hapikey=developer"
ACTION = {
    "actionUrl": "https://shop.example.com/action",
    "functions": [],
    "published": True,
    "objectTypes": ["CONTACT"],
    "inputFields": [
        {
            "isRequired": True,
            "supportedValueTypes": ["STATIC_VALUE"],
            "typeDefinition": {
                "name": "slot",
                "type": "string",
                "fieldType": "text",
                "options": [],
            },
        }
    ],
    "outputFields": [{"typeDefinition": {"name": "message", "type": "string", "options": []}}],
    "labels": {"en": {"actionName": "Personalize"}},
}


def test_an_action_is_defined_changed_and_deleted(client):
    api = client.automation.actions.definitions_api
    made = api.create(7001, ACTION)
    assert (made.revision_id, made.published) == ("1", True)
    assert api.update(made.id, 7001, {"published": False}).revision_id == "2"
    assert not api.get_by_id(made.id, 7001).published
    assert [row.id for row in api.get_page(7001).results] == [made.id]
    assert api.get_page(7002).results == []
    api.archive(made.id, 7001)
    with pytest.raises(ActionRefused):
        api.get_by_id(made.id, 7001)


@pytest.mark.parametrize(
    "wrong",
    [
        {"actionUrl": "ftp://example.com"},
        {"inputFields": [{"typeDefinition": {"name": "a"}, "isRequired": True}]},
        {"labels": {"en": {}}},
        {"published": None},
    ],
)
def test_an_action_that_makes_no_sense_is_refused(client, wrong):
    path = "/automation/v4/actions/7001?hapikey=developer"
    asked = {"method": "POST", "path": path, "body": {**ACTION, **wrong}}
    assert client.api_request(asked).status_code == 400


def test_a_callback_counts_once(client, sandbox, people):
    people(1)
    sandbox.world.portal.callbacks |= {
        key: {"record": "101", "outputs": None} for key in ("c1", "c2")
    }
    api = client.automation.actions.callbacks_api
    outputs = {"outputFields": {"hs_execution_state": "SUCCESS", "message": "a"}}
    api.complete("c1", {**outputs, "typedOutputs": {}})
    with pytest.raises(ActionRefused):
        api.complete("c1", {**outputs, "typedOutputs": {}})
    rows = [{"callbackId": "c2", **outputs, "typedOutputs": {}}]
    api.complete_batch({"inputs": rows})
    with pytest.raises(ActionRefused):
        api.complete("c3", {"outputFields": {"hs_execution_state": "PERHAPS"}, "typedOutputs": {}})
    done = [e["key"] for e in sandbox.entries if e.get("kind") == "callback_completed"]
    assert done == ["c1", "c2"]


def test_webhooks_are_set_and_subscribed_to(client):
    settings, subscriptions = client.webhooks.settings_api, client.webhooks.subscriptions_api
    target = {
        "targetUrl": "https://shop.example.com/hooks",
        "throttling": {"maxConcurrentRequests": 5},
    }
    with pytest.raises(HookRefused):
        settings.get_all(7001)
    settings.configure(7001, target)
    assert settings.get_all(7001).target_url == target["targetUrl"]
    wanted = {"eventType": "contact.propertyChange", "propertyName": "city", "active": True}
    made = subscriptions.create(7001, wanted)
    with pytest.raises(HookRefused) as caught:
        subscriptions.create(7001, wanted)
    assert caught.value.status == 409
    assert not subscriptions.update(made.id, 7001, {"active": False}).active
    rows = subscriptions.update_batch(7001, {"inputs": [{"id": int(made.id), "active": True}]})
    assert rows.results[0].active
    assert subscriptions.get_by_id(made.id, 7001).property_name == "city"
    subscriptions.archive(made.id, 7001)
    assert subscriptions.get_all(7001).results == []
    settings.clear(7001)


@pytest.mark.parametrize(
    "wrong",
    [
        {"eventType": "contact.thought"},
        {"eventType": "contact.propertyChange"},
        {"eventType": "contact.creation", "propertyName": "city"},
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused(client, wrong):
    asked = {"method": "POST", "path": HOOKS, "body": wrong}
    assert client.api_request(asked).status_code == 400


def test_the_account_tells_its_number_and_its_use(client, people):
    people(1)
    details = client.api_request({"path": "/account-info/v3/details"}).json()
    assert (details["portalId"], details["timeZone"]) == (424242, "Europe/Berlin")
    path = "/account-info/v3/api-usage/daily/private-apps"
    use = client.api_request({"path": path}).json()["results"][0]
    assert (use["currentUsage"], use["usageLimit"]) == (2, 250_000)


def test_only_the_tokens_set_get_in_and_only_to_their_scopes(sandbox, people, client_with):
    people(1)
    tokens = {"reads": ["crm.objects.contacts.read"], "all": ["crm.objects.contacts.write"]}
    sandbox.control("hubspot/settings", tokens=tokens)
    reader = client_with("reads").crm.contacts.basic_api
    assert len(reader.get_page().results) == 1
    with pytest.raises(Exception, match="MISSING_SCOPES") as caught:
        reader.update("101", {"properties": {"city": "Ulm"}})
    assert caught.value.status == 403
    assert "crm.objects.contacts.write" in caught.value.body
    client_with("all").crm.contacts.basic_api.update("101", {"properties": {"city": "U"}})
    with pytest.raises(Exception, match="INVALID_AUTHENTICATION") as caught:
        client_with("wrong").crm.contacts.basic_api.get_page()
    assert caught.value.status == 401


def test_a_token_tells_its_scopes(sandbox, client_with):
    sandbox.control("hubspot/settings", tokens={"t1": ["crm.lists.read"]})
    client = client_with("t1")
    assert client.oauth.access_tokens_api.get("t1").scopes == ["crm.lists.read"]
    with pytest.raises(Exception, match="404"):
        client.oauth.access_tokens_api.get("t2")
    private = {
        "method": "POST",
        "path": "/oauth/v2/private-apps/get/access-token-info",
        "body": {"tokenKey": "t1"},
    }
    assert client.api_request(private).json()["scopes"] == ["crm.lists.read"]
    introspect = {"method": "POST", "path": "/oauth/v3/token/introspect", "body": {"token": "t2"}}
    assert client.api_request(introspect).json()["active"] is False
    fresh = client.oauth.tokens_api.create(
        grant_type="refresh_token", client_id="c", client_secret="s", refresh_token="refresh-t1"
    )
    assert (fresh.access_token, fresh.expires_in) == ("t1", 1800)


def test_what_is_not_there_is_refused(client):
    for method, path, status in (
        ("GET", "/crm/v3/nothing", 404),
        ("DELETE", "/crm/v3/objects/contacts", 405),
        ("GET", "/nothing", 404),
    ):
        assert client.api_request({"method": method, "path": path}).status_code == status


def test_what_belongs_to_the_app_needs_the_developers_key(client):
    for path in ("/webhooks/v3/7001/subscriptions", "/automation/v4/actions/7001"):
        assert client.api_request({"path": path}).status_code == 401
