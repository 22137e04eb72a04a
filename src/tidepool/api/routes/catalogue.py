"""/v2/regions, /v2/sizes, /v2/images"""

from tidepool.api import catalogue
from tidepool.api.errors import not_found
from tidepool.api.paging import page
from tidepool.api.routing import Answer, Call, Table

table = Table()


@table.on("GET", "/v2/regions", "regions:read")
async def regions(call: Call) -> Answer:
    return page(call, "/v2/regions", "regions", catalogue.REGIONS)


@table.on("GET", "/v2/sizes", "sizes:read")
async def sizes(call: Call) -> Answer:
    return page(call, "/v2/sizes", "sizes", catalogue.SIZES)


@table.on("GET", "/v2/images", "image:read")
async def images(call: Call) -> Answer:
    found = catalogue.IMAGES
    if call.query.get("type", "distribution") != "distribution" or call.query.get("private") == "true":
        found = []  # there are no 1-click or private images here
    return page(call, "/v2/images", "images", found)


@table.on("GET", "/v2/images/{image_id}", "image:read")
async def image(call: Call) -> Answer:
    if found := catalogue.image(call.params["image_id"]):
        return Answer(200, {"image": found})
    raise not_found()
