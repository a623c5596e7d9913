"""What can go wrong, each kind with the status of its answer."""


class ServingError(Exception):
    """The base of all that is answered with a sentence instead of a traceback.

    Attributes:
        status: of the HTTP answer.
        kind: a short name, for metrics and logs.
    """

    status = 500
    kind = "internal"


class BadRequestError(ServingError):
    """The request cannot be understood."""

    status = 400
    kind = "bad_request"


class BadImageError(BadRequestError):
    """The bytes are no image, a broken one, or one of a format that is not served."""

    kind = "bad_image"


class TooLargeError(ServingError):
    """More pixels, images or bytes than the limit."""

    status = 413
    kind = "too_large"


class UnauthorisedError(ServingError):
    """The token is missing or wrong."""

    status = 401
    kind = "unauthorised"


class DeadlineError(ServingError):
    """The request did not arrive in time."""

    status = 408
    kind = "deadline"


class BusyError(ServingError):
    """The queue is full."""

    status = 429
    kind = "busy"


class ModelNotFoundError(ServingError):
    """There is no such model, or not in this version."""

    status = 404
    kind = "model_not_found"


class ModelUnavailableError(ServingError):
    """The model exists and cannot serve now."""

    status = 503
    kind = "model_unavailable"


class BadModelError(ModelUnavailableError):
    """The model file is broken, refused, or no model of gain-tf."""

    kind = "bad_model"


class AuditError(ServingError):
    """The decision could not be logged."""

    status = 503
    kind = "audit"


class UserError(ServingError):
    """A setting or an argument is wrong; the message says what would be right."""

    status = 400
    kind = "user"
