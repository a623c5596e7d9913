"""What only the protocol can ask for."""

from gain_serving.errors import ServingError


class NotSupportedError(ServingError):
    """A call of the protocol that this server does not have."""

    status = 501
    kind = "not_supported"
