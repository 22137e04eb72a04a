"""How long DigitalOcean takes. One place, so that `--time-scale` scales all of it and a report can print it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds as observed at DigitalOcean, times `scale`. Promotion is not scaled: its real duration is undocumented,
    so it is a setting of its own that every report prints."""

    scale: float = 0.05
    promote_delay_s: float = 1.0
    droplet_s: float = 40.0
    action_s: float = 10.0
    balancer_s: float = 60.0
    certificate_s: float = 30.0
    peering_s: float = 20.0
    database_s: float = 210.0
    replica_s: float = 240.0  # until it is seen at all
    forking_s: float = 60.0  # then it is seen, but not online
    backup_s: float = 60.0  # after `online`; until then the first replica answers 412
    resize_s: float = 180.0

    def scaled(self, seconds: float) -> float:
        return seconds * self.scale
