"""YAML of plain values: what is more is refused, with the line it stands on."""

import pytest

from brandstudio.errors import PresetError
from brandstudio.presets import read_yaml


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "line 2, column 1: 'a' is given twice"),
        ("a: !!python/object/apply:os.system ['x']\n", "line 1, column 4: tags are not used"),
        ("a: !!binary aGVsbG8=", "tags are not used"),
        ("a: &x [1]\nb: *x\n", "line 2, column 4: aliases are not used"),
        ("- 1\n", "must be a mapping"),
        ("a: [1\n", "line 2"),
        ("", "must be a mapping"),
        ("a: '" + "x" * 300_000 + "'", "is larger than 256,000 bytes"),
        ("a: " + "[" * 3_000, "is nested too deeply"),
        ("a: " + "[" * 3_000 + "]" * 3_000, "is nested too deeply"),
        ("? [a]\n: b", "line 1, column 3: a key must be a plain word"),
        ("? {a: b}\n: c", "a key must be a plain word"),
        ("a:\n\tb: 1", "line 2, column 1: found character"),
        ("a: 1\n---\nb: 2", "another document"),
        ("a: \x01", "character 4 is U\\+0001"),
        ('a: "x\\u202Ey"', r"invisible character \(U\+202E\)"),
        ('a: "\\0"', r"invisible character \(U\+0000\)"),
        ('a: "\\uD800"', "found invalid Unicode character escape code"),
    ],
    ids=["duplicate key", "python tag", "binary", "alias", "list", "syntax", "empty", "huge",
         "deep", "deep and closed", "list as key", "mapping as key", "tab", "two documents",
         "control", "bidi", "null", "half a character"],
)  # fmt: skip
def test_yaml_that_is_more_than_plain_values_is_refused(tmp_path, text, said):
    path = tmp_path / "brief.yaml"
    path.write_text(text)
    with pytest.raises(PresetError, match=said):
        read_yaml(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("16:9", "16:9"),
        ("010", 10),
        ("0x10", "0x10"),
        ("1e3", 1000.0),
        (".nan", ".nan"),
        ("2026-11-20", "2026-11-20"),
        ("true", True),
        ("~", None),
        ("9" * 5_000, "9" * 5_000),
    ],
    ids=lambda value: str(value)[:12],
)
def test_values_are_what_they_look_like(tmp_path, text, value):
    path = tmp_path / "brief.yaml"
    path.write_text(f"\ufeffa: {text}\n")
    assert read_yaml(path) == {"a": value}


def test_a_file_that_is_not_text_is_refused_in_words(tmp_path):
    path = tmp_path / "brief.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PresetError, match="not readable UTF-8 text"):
        read_yaml(path)
    with pytest.raises(PresetError, match="cannot be read"):
        read_yaml(tmp_path / "missing.yaml")
