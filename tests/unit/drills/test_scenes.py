"""The table of drills: every row can be played, and asks for a verdict that exists."""

import pytest

from farshore.decide.table import ROWS
from farshore.drills.lab import Facts
from farshore.drills.scenes import CONTROLLER, SCENES, VERB, Scene
from farshore.drills.stagehand import names, targets
from farshore.plan.step import StepKind
from tidepool.faults.book import KINDS

FACTS = Facts(
    env={},
    store={
        "writer": "nyc3",
        "standby": "sfo3",
        "regions": {
            "nyc3": {
                "droplets": [{"name": "web-1"}, {"name": "web-2"}],
                "balancer": {"name": "door-nyc3"},
                "database": {"name": "shop-nyc3"},
            }
        },
    },
)


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_a_scene_can_be_played(scene: Scene) -> None:
    """The lab knows its faults, its targets have no places left to fill in, its rules stand in the verdict table."""
    assert scene.says.format(**names(FACTS))
    assert scene.rules <= {row.verdict.rule for row in ROWS}
    assert [act.target for act in scene.acts if not act.once], "something happens at the fault's instant"
    for act in (*scene.before, *scene.acts):
        assert act.kind in KINDS or act.kind == VERB
        assert all("{" not in target for target in targets(act.target, FACTS))
        if act.once:
            assert act.once in set(StepKind)
        if act.target == CONTROLLER:
            assert act.kind == "freeze"
            assert act.lasts_s is not None, "a controller that stays frozen decides nothing"


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_the_lab_takes_the_faults_as_they_are_written(scene: Scene) -> None:
    for act in (*scene.before, *scene.acts):
        if act.target != CONTROLLER and act.kind != VERB:
            options = dict(option.split("=", 1) for option in act.options)
            for target in targets(act.target, FACTS):
                words = {"route": target.removeprefix("route="), **options} if act.kind == "api" else options
                KINDS[act.kind]("api" if act.kind == "api" else target, words)


def test_every_app_server_is_meant_one_by_one() -> None:
    assert targets("service:{app}/nginx", FACTS) == ["service:web-1/nginx", "service:web-2/nginx"]
    assert targets("host:{database}", FACTS) == ["host:shop-nyc3"]
