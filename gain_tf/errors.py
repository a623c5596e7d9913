"""What commands report as a sentence instead of a traceback."""


class UserError(ValueError):
    """The user asked for something that cannot be; the message says what would be right."""


class FailedError(RuntimeError):
    """What was asked for was tried and did not come out; the message says how and where."""
