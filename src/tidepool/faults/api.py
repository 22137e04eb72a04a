"""api: the provider's API refuses, is slow, or acts and loses the answer, for requests that match a route."""

from dataclasses import dataclass

from tidepool.api.faults import Fault as RouteFault
from tidepool.api.faults import parse
from tidepool.faults.fault import Options, World


@dataclass(frozen=True, slots=True)
class ApiFault:
    fault: RouteFault

    @staticmethod
    def parse(target: str, options: Options) -> "ApiFault":
        """The route is the target, or the option `route` when the target is the bare word `api`."""
        words = dict(options)
        route = words.pop("route", target)
        return ApiFault(parse(route, words))

    async def inject(self, world: World, fault_id: str) -> None:
        world.api.add(fault_id, self.fault)

    async def heal(self, world: World, fault_id: str) -> None:
        world.api.remove(fault_id)
