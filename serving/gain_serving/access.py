"""Who may ask."""

import base64
import hmac

from gain_serving.errors import UnauthorisedError


def check_token(header: str | None, token: str) -> None:
    """Check what came as `Authorization`: Bearer, or Basic with the token as the password.

    A browser can only send the second.

    Args:
        header: as it came, None if it did not.
        token: the right one.

    Raises:
        UnauthorisedError: it is not the right one.
    """
    # Compared in a time that does not tell how much of it is right.
    if not hmac.compare_digest(_token_of(header or "").encode(), token.encode()):
        raise UnauthorisedError("the token is missing or wrong: send Authorization: Bearer ...")


def _token_of(header: str) -> str:
    scheme, _, given = header.partition(" ")
    given = given.strip()
    if scheme.lower() == "bearer":
        return given
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(given, validate=True).decode().partition(":")[2]
        except ValueError:
            return ""
    return ""
