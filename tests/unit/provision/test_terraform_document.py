"""Reading `show -json`: what is not one is refused with a sentence and a remedy, and secrets vanish at birth."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terraform_world import PASSWORD, change, cluster, first_day, plan_json, state_json

from farshore.model.region import RegionName
from farshore.provision.terraform.document import read_document
from farshore.settings.problem import BadSettings

NYC3 = RegionName("nyc3")


def _refused(text: str) -> str:
    with pytest.raises(BadSettings) as caught:
        read_document(text, "plan.json")
    said = str(caught.value)
    assert said.startswith("plan.json: ")
    assert "\n" not in said
    return said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("not json", "is no JSON"),
        ("[" * 200_000, "is no JSON"),
        ('{"@level":"info"}\n{"@level":"info"}', "log of `terraform plan -json`"),
        ("[]", "not what `terraform show -json` prints"),
        ('{"version":4,"serial":3,"lineage":"x","resources":[]}', "is the raw state file"),
        ("{}", "has no format_version"),
        ('{"format_version":1.0}', "has no format_version"),
        ('{"format_version":"2.0","resource_changes":[]}', "format_version '2.0' is not known"),
        ('{"format_version":"0.1"}', "format_version '0.1' is not known"),
        ('{"format_version":"1.2","resource_changes":{}}', "resource_changes is not a list"),
        ('{"format_version":"1.2","resource_changes":[{"type":"a","name":"b"}]}', "says no actions"),
    ],
)
def test_what_is_no_answer_of_show_is_refused(text: str, said: str) -> None:
    assert said in _refused(text)


def test_an_action_that_nobody_knows_is_refused() -> None:
    """Later versions may add one, and it may destroy."""
    found = change(cluster("primary", "x", NYC3), ["vaporise"])
    assert "has the actions [vaporise]" in _refused(json.dumps(plan_json([], [found])))


@pytest.mark.parametrize("bad", ['x"}\nresource', "a b", "", "1a", None])
def test_an_address_that_cannot_be_written_is_refused(bad: Any) -> None:
    """Names come from a file that others wrote, and go into HCL and a shell's command."""
    found = cluster("primary", "x", NYC3)
    found["name"] = bad
    assert "is no address of a resource" in _refused(json.dumps(state_json([found])))


@pytest.mark.parametrize("module", ["module.a; rm -rf", "modul.a", 'module.a["x]', "module.a[x]"])
def test_a_module_that_cannot_be_written_is_refused(module: str) -> None:
    text = json.dumps(state_json([], {module: [cluster("primary", "x", NYC3)]}))
    assert "is no address of a resource" in _refused(text)


def test_an_empty_state_is_one() -> None:
    assert read_document('{"format_version":"1.0"}', "-").resources == ()


def test_data_sources_are_not_resources() -> None:
    found = cluster("primary", "x", NYC3) | {"mode": "data"}
    assert read_document(json.dumps(state_json([found])), "-").resources == ()
    assert read_document(json.dumps(plan_json([], [change(found, ["read"])])), "-").changes == ()


def test_secrets_vanish_at_birth() -> None:
    """Nothing downstream can print what it never had: values, before and after, nested ones too."""
    nested = change(cluster("primary", "x", NYC3), ["update"])
    nested["change"]["after"] = {"rule": [{"type": "tag", "value": PASSWORD}], "tags": [PASSWORD]}
    nested["change"]["after_sensitive"] = {"rule": [{"value": True}], "tags": True}
    whole = change(cluster("other", "y", NYC3), ["update"], after={"a": PASSWORD}, after_sensitive=True)
    document = read_document(json.dumps(plan_json(first_day(), [nested, whole])), "-")
    assert PASSWORD not in repr(document)
    assert document.changes[0].after == {"rule": [{"type": "tag"}]}
    assert document.resources[0].text("name") == "shop-nyc3"


WORDS = (
    "values root_module resources child_modules type name index change mode actions before after sensitive_values "
    "resource_changes prior_state address"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS.split()), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["values", "resource_changes", "prior_state", "deferred_changes"]), JSON))
def test_any_json_is_read_or_refused(body: dict[str, Any]) -> None:
    """Never a traceback: a document, or a sentence."""
    said = "plan.json: "
    try:
        read_document(json.dumps(body | {"format_version": "1.1"}), "plan.json")
    except BadSettings as error:
        said = str(error)
    assert said.startswith("plan.json: ")


@pytest.mark.parametrize("index", [float("inf"), float("nan"), -1, 1.5, True, [], {}])
def test_a_key_that_is_none_is_refused(index: Any) -> None:
    found = cluster("primary", "x", NYC3) | {"index": index}
    assert "is no address of a resource" in _refused(json.dumps(state_json([found])))
