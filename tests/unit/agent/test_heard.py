"""Whom an agent has heard: the last controller at work besides the one that asks."""

from farshore.agent.heard import HeardControllers


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_the_asker_is_left_out_and_the_latest_of_the_others_is_told() -> None:
    clock = Clock()
    heard = HeardControllers(clock)
    for controller, at_s in (("a", 100.0), ("b", 101.0), ("c", 102.0), ("a", 103.0)):
        clock.now_s = at_s
        heard.note(controller)
    clock.now_s = 104.5
    assert heard.other_than("x") == {"controller": "a", "age_s": 1.5}
    assert heard.other_than("a") == {"controller": "c", "age_s": 2.5}


def test_a_controller_alone_hears_of_nobody() -> None:
    heard = HeardControllers(Clock())
    assert heard.other_than("a") is None
    heard.note("a")
    assert heard.other_than("a") is None


def test_strangers_with_the_key_do_not_fill_the_memory() -> None:
    heard = HeardControllers(Clock())
    heard.note("a")
    for number in range(1000):
        heard.note(f"x{number}")
    assert len(heard._at_s) == 100
    assert heard.other_than("y") == {"controller": "x999", "age_s": 0.0}
