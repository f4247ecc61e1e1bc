"""What faults and malice make of a body: each fault as a function of dice and of what was right."""

# ruff: noqa: E501 (tables of odd values read best in long lines)
import gzip
import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from random import Random
from typing import Any

from campaigns.abuse.words import anything, text


def _as_it_is(_dice: Random, body: Any) -> bytes:
    return json.dumps(body).encode()


def _flip_bytes(dice: Random, body: Any) -> bytes:
    content = bytearray(json.dumps(body).encode())
    for _ in range(dice.choice((1, 1, 2, 8))):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return bytes(content)


def _overwrite_bytes(dice: Random, body: Any) -> bytes:
    content = bytearray(json.dumps(body).encode())
    at = dice.randrange(len(content))
    content[at : at + dice.randint(0, 20)] = dice.randbytes(dice.randint(0, 20))
    return bytes(content)


def _truncate(dice: Random, body: Any) -> bytes:
    content = json.dumps(body).encode()
    return content[: dice.choice((0, 1, len(content) - 1, dice.randrange(len(content))))]


def _trail(dice: Random, body: Any) -> bytes:
    return json.dumps(body).encode() + dice.choice((b"}", b"\0", b"{}", b",", b"\n" * 9, b"\xff"))


def _say_twice(dice: Random, body: Any) -> bytes:
    name = dice.choice(sorted(body))
    other = _dumped(anything(dice))
    return json.dumps(body)[:-1].encode() + b", " + json.dumps(name).encode() + b": " + other + b"}"


def _nest(dice: Random, body: Any) -> bytes:
    opening, closing = dice.choice((("[", "]"), ('{"a":', "}")))
    depth = dice.choice((50, 1_000, 20_000))
    inside = dice.choice(("1", ""))
    return _with_marker(dice, body, opening * depth + (inside or "1") + closing * depth)


def _odd_number(dice: Random, body: Any) -> bytes:
    return _with_marker(dice, body, dice.choice(_LITERALS))


def _wrong_type(dice: Random, body: Any) -> bytes:
    area, key = _somewhere(dice, body)
    area[key] = anything(dice)
    return _dumped(body)


def _hostile_text(dice: Random, body: Any) -> bytes:
    area, key = _somewhere(dice, body)
    area[key] = text(dice)
    return _dumped(body)


def _drop(dice: Random, body: Any) -> bytes:
    area, key = _somewhere(dice, body)
    del area[key]
    return _dumped(body)


def _add(dice: Random, body: Any) -> bytes:
    body[dice.choice(("role", "loras", "creator", "brand_version", "__proto__", text(dice)))] = (
        anything(dice)
    )
    return _dumped(body)


def _many_fields(dice: Random, body: Any) -> bytes:
    area = dice.choice([body, *(v for v in body.values() if isinstance(v, dict))])
    return _dumped(body | area | {f"field{n}": n for n in range(10_000)})


def _many_fields_inside(dice: Random, body: Any) -> bytes:
    body[dice.choice(sorted(body))] = {f"field{n}": "x" for n in range(10_000)}
    return _dumped(body)


def _long_text(dice: Random, body: Any) -> bytes:
    area, key = _somewhere(dice, body)
    area[key] = dice.choice(("x", "\u0301\u0323", "<lora:x:9>", "日")) * dice.choice(
        (1_000, 50_000)
    )
    return json.dumps(body, ensure_ascii=False).encode()


def _huge_text(dice: Random, body: Any) -> bytes:
    """One in ten really has ten megabytes; the others are at the edge of what is taken in."""
    area, key = _somewhere(dice, body)
    area[key] = "x" * (10_000_000 if dice.random() < 0.1 else dice.choice((999_000, 1_000_100)))
    return _dumped(body)


def _other_encoding(dice: Random, body: Any) -> bytes:
    plain = json.dumps(body)
    return dice.choice(
        (plain.encode("utf-16"), plain.encode("utf-32"), b"\xef\xbb\xbf" + plain.encode(),
         gzip.compress(plain.encode()), plain.encode("utf-7"), plain.replace('"', "'").encode())
    )  # fmt: skip


def _no_object(dice: Random, _body: Any) -> bytes:
    return dice.choice(
        (b"", b"null", b"[]", b"0", b'"x"', b"true", b"NaN", b"[{}]", b"{}", b"\0" * 99)
    )


def _dumped(body: Any) -> bytes:
    with any_digits():
        return json.dumps(body, default=repr, skipkeys=True).encode()


@contextmanager
def any_digits() -> Generator[None]:
    """Python itself refuses to write numbers of more than 4,300 digits."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(limit)


def _with_marker(dice: Random, body: Any, literal: str) -> bytes:
    """The body with JSON in it that no program would write."""
    area, key = _somewhere(dice, body)
    area[key] = "\x00marker"
    return json.dumps(body).replace('"\\u0000marker"', literal).encode()


def _somewhere(dice: Random, body: Any) -> tuple[Any, Any]:
    """A place in the body, at any depth."""
    area = body
    while True:
        key = dice.choice(sorted(area) if isinstance(area, dict) else range(len(area)))
        if not isinstance(area[key], dict | list) or not area[key] or dice.random() < 0.3:
            return area, key
        area = area[key]


_LITERALS = (
    "NaN", "Infinity", "-Infinity", "1e308", "1e999", "-0", "-0.0", "1e-999", "true", "null",
    "1" * 401, "9" * 5000,
    "1E400", "0.1", "-1", "9223372036854775808", "18446744073709551616", '"\u0663"', '"\\ud800"', '"1e3"', "[]",
    '{"\\ud800":1}', "4.0", '"4"', "1.5", "2147483648", "1_000", "0x10", "010", "+1", ".5", "5.", "'a'", "undefined",
)  # fmt: skip
MEDIA_TYPES = (
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/xml",
    "application/json; charset=utf-7", "application/vnd.api+json", "multipart/form-data", "x" * 500,
)  # fmt: skip
FAULTS: tuple[Callable[[Random, Any], bytes], ...] = (
    _as_it_is, _flip_bytes, _flip_bytes, _overwrite_bytes, _truncate, _trail, _say_twice, _nest, _odd_number,
    _odd_number, _wrong_type, _wrong_type, _hostile_text, _hostile_text, _drop, _add, _many_fields,
    _many_fields_inside, _long_text, _huge_text, _other_encoding, _no_object,
)  # fmt: skip
