"""How the API says no: `{id, message, request_id}`, as DigitalOcean's clients expect it.

Raised by routes, rendered by the server.
"""

IDS = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "precondition_failed",
    422: "unprocessable_entity",
    429: "too_many_requests",
    500: "server_error",
    503: "service_unavailable",
}

GONE = "The resource you were accessing could not be found."


class ApiError(Exception):
    """An answer that is not a success. `plain` is the database service's own router speaking: text, not JSON."""

    def __init__(self, status: int, message: str, *, plain: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.plain = plain


def not_found(message: str = GONE) -> ApiError:
    return ApiError(404, message)


def unprocessable(message: str) -> ApiError:
    return ApiError(422, message)


def body_of(status: int, message: str, request_id: str) -> dict[str, str]:
    return {"id": IDS.get(status, "server_error"), "message": message, "request_id": request_id}
