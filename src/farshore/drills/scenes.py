"""Every drill as data: what is broken, for how long, and what a controller that decides well does about it.

Targets are tidepool's, with places to fill in: {writer} and {standby} are regions, {app} every app server of the
writer's region, {one_app} the first of them, {database} and {balancer} the writer's; `controller` is farshore's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

REGION = "region"
CONTROLLER = "controller"
VERB = "farshore"  # an act that is an operator's command: its target is the verb


@dataclass(frozen=True, slots=True)
class Act:
    """One fault of a drill."""

    kind: str
    target: str
    options: tuple[str, ...] = ()
    lasts_s: float | None = None  # None: until all else has been seen
    once: str = ""  # not at the fault's instant, but when the failover's step of that name has begun


@dataclass(frozen=True, slots=True)
class Scene:
    name: str
    says: str
    acts: tuple[Act, ...]
    moves: tuple[int, ...]  # how often the writer may change; each of them is well
    rules: frozenset[str]  # those of the verdict table that may stand at the end of deciding
    because: str  # why that is the right verdict
    before: tuple[Act, ...] = ()  # in force when the fault comes, and no outage by themselves
    then: tuple[Act, ...] = ()  # one after the other, when all is mended
    planned: bool = False  # nobody may lose an order or see a page fail
    sells: bool = False  # nobody's checkout may fail either: the writer was well all the time
    residents: bool = False  # shoppers inside the writer's region, who use its own balancer
    aftermath: bool = True  # mend everything, ask who is open, read the old database
    watch_s: float = 0.0  # at least so long, also when nothing seems to happen
    give_up_s: float = 120.0


_GO = frozenset({"V100"})
_STAY = frozenset({"V50"})
_ORDERED = frozenset({"V37"})
_CUT = Act("partition", "region:{writer}")
_ALONE = "nobody outside can reach the writer, whatever it can still do for itself"
_BACK, _AHEAD = ("shift=-300",), ("shift=+300",)

_ALL = (
    Scene(
        REGION,
        "region {writer} killed under load",
        (Act("kill", "region:{writer}"),),
        moves=(1,),
        rules=_GO,
        because="everything in the writer's region is gone",
        aftermath=False,
    ),
    Scene(
        "partition",
        "region {writer} cut off from everybody, while people inside it go on buying",
        (_CUT,),
        moves=(1,),
        rules=_GO,
        because=_ALONE,
        residents=True,
    ),
    Scene(
        "partition-in",
        "nothing gets into region {writer}, while what it sends gets out",
        (Act("partition", "region:{writer}", ("direction=in",)),),
        moves=(1,),
        rules=_GO,
        because=_ALONE,
        residents=True,
    ),
    Scene(
        "partition-out",
        "nothing gets out of region {writer}, while what is sent to it gets in",
        (Act("partition", "region:{writer}", ("direction=out",)),),
        moves=(1,),
        rules=_GO,
        because=_ALONE,
        residents=True,
    ),
    Scene(
        "frozen-agent",
        "every agent of region {writer} stopped for 40 s, then set going again",
        (Act("freeze", "service:{app}/farshore-agent", lasts_s=40.0),),
        moves=(1,),
        rules=_GO,
        because="without its agents the region has no permit soon, and takes no orders",
        residents=True,
        watch_s=50.0,
    ),
    Scene(
        "frozen-controller",
        "region {writer} cut off, and the controller stopped for 15 s in the middle of its failover",
        (_CUT, Act("freeze", CONTROLLER, lasts_s=15.0, once="await_permit")),
        moves=(1,),
        rules=_GO,
        because=_ALONE + "; a controller whose lease has run out leads again before it goes on",
        residents=True,
        give_up_s=180.0,
    ),
    Scene(
        "no-controller",
        "the only controller stopped for 40 s, which is many permits; everything else well",
        (Act("freeze", CONTROLLER, lasts_s=40.0),),
        moves=(0,),
        rules=_STAY,
        because="the standby's agents stand in for the controllers, and losing those never closes a healthy shop",
        planned=True,
        sells=True,
        watch_s=50.0,
        give_up_s=180.0,
    ),
    Scene(
        "clocks",
        "wall clocks of {writer} 5 minutes back and of {standby} 5 minutes ahead, then {writer} cut off",
        (_CUT,),
        moves=(1,),
        rules=_GO,
        because=_ALONE + ", and wall clocks decide nothing",
        before=(Act("clock", "region:{writer}", _BACK), Act("clock", "region:{standby}", _AHEAD)),
        residents=True,
    ),
    Scene(
        "clocks-ahead",
        "wall clocks of {writer} 5 minutes ahead and of {standby} 5 minutes back, then {writer} cut off",
        (_CUT,),
        moves=(1,),
        rules=_GO,
        because=_ALONE + ", and wall clocks decide nothing",
        before=(Act("clock", "region:{writer}", _AHEAD), Act("clock", "region:{standby}", _BACK)),
        residents=True,
    ),
    Scene(
        "flap",
        "region {writer} cut off for 4 s, back for 4 s, and so on for 40 s",
        (Act("flap", "region:{writer}", ("period=4",), lasts_s=40.0),),
        moves=(0, 1),
        rules=_GO | _STAY,
        because="a door that flaps is neither up nor down for sure; one move at most",
        residents=True,
        watch_s=45.0,
        give_up_s=180.0,
    ),
    Scene(
        "late-promote",
        "region {writer} cut off, and the provider promotes 60 s after it has said that it does",
        (_CUT,),
        moves=(1,),
        rules=_GO,
        because=_ALONE + "; what the provider answers is no promotion",
        before=(Act("api", "route=PUT /v2/databases/*/replicas/*/promote", ("late=60",)),),
        residents=True,
        give_up_s=240.0,
    ),
    Scene(
        "database",
        "the database of {writer} killed, its app servers well",
        (Act("kill", "host:{database}"),),
        moves=(1,),
        rules=_GO,
        because="no app server can do anything about a dead database",
    ),
    Scene(
        "balancer",
        "the balancer of {writer} killed, all behind it well",
        (Act("kill", "host:{balancer}"),),
        moves=(1,),
        rules=_GO,
        because="nobody gets in; the old database can be fenced, so nothing needs to be lost",
        residents=True,
    ),
    Scene(
        "app",
        "PHP stopped on every app server of {writer}: it accepts and never answers",
        (Act("freeze", "service:{app}/php8.2-fpm"),),
        moves=(1,),
        rules=_GO,
        because="no app server is left to send anybody to",
    ),
    Scene(
        "one-app",
        "PHP stopped on one of the app servers of {writer}",
        (Act("freeze", "service:{one_app}/php8.2-fpm"),),
        moves=(0,),
        rules=_STAY,
        because="the balancer leaves it out; the other region could do no better",
        watch_s=25.0,
    ),
    Scene(
        "standby",
        "everything in {standby} killed, which takes no orders",
        (Act("kill", "region:{standby}"),),
        moves=(0,),
        rules=_STAY,
        because="the writer serves, and losing a standby never closes a healthy shop",
        watch_s=25.0,
    ),
    Scene(
        "switchover",
        "the writer moved to {standby} as planned, by `farshore switchover`",
        (Act(VERB, "switchover", ("--yes",)),),
        moves=(1,),
        rules=_ORDERED,
        because="the operator ordered it, and both regions are well",
        planned=True,
        give_up_s=180.0,
    ),
    Scene(
        "full-circle",
        "region {writer} killed under load, powered on again, rebuilt as standby, and the writer moved home",
        (Act("kill", "region:{writer}"),),
        moves=(2,),
        rules=_GO,
        because="everything in the writer's region is gone, and the operator brings it home later",
        then=(Act(VERB, "rebuild", ("--yes",)), Act(VERB, "failback", ("--yes",))),
    ),
)

SCENES: Mapping[str, Scene] = {scene.name: scene for scene in _ALL}
