"""Messages as bytes: what can be told of one before room is made for its parts."""

from gain_serving.errors import BadRequestError

MAX_FIELDS = 512
"""Of a message, on its outermost level."""

_VARINT, _LENGTH = 0, 2
_FIXED = {1: 8, 5: 4}


def refuse_many_fields(raw: bytes) -> None:
    """Refuse a message of more parts than any request has.

    A part of two bytes becomes an object of a hundred: a message of the largest size allowed would
    fill gigabytes.

    Args:
        raw: the message as it came.

    Raises:
        BadRequestError: there are too many parts, or the bytes are no message.
    """
    place = 0
    for _ in range(MAX_FIELDS):
        if place == len(raw):
            return
        key, place = _varint(raw, place)
        kind = key & 7
        if kind == _LENGTH:
            length, place = _varint(raw, place)
            place += length
        elif kind == _VARINT:
            _, place = _varint(raw, place)
        elif kind in _FIXED:
            place += _FIXED[kind]
        else:
            raise BadRequestError("the message holds what no request does: a group")
        if place > len(raw):
            raise BadRequestError("the message breaks off")
    if place < len(raw):
        raise BadRequestError(f"the message has more than {MAX_FIELDS} fields")


def _varint(raw: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(raw[place : place + 10]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, place + shift + 1
    raise BadRequestError("the message breaks off")
