import pytest

from brandstudio.domain.brief import read_form
from brandstudio.domain.upload import shown_name
from brandstudio.errors import BriefError
from tests.conftest import BRIEF


@pytest.mark.parametrize("references", [[0], [-1], [2**63], ["../x"], [1.5], "1", [None]])
def test_what_is_no_number_is_no_reference(references):
    with pytest.raises(BriefError):
        read_form(BRIEF | {"references": references})


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("can.png", "can.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Carla\\can.png", "can.png"),
        ("CON", "CON"),
        ("a\u202egnp.exe", "a gnp.exe"),
        ("two\nlines\r\n.png", "two lines .png"),
        ("-rf", "-rf"),
        ("", ""),
        ("\0\x1b[2J", "[2J"),
        ("/", ""),
        ("u\u0308ber.png", "über.png"),
        ("x" * 300, "x" * 79 + "…"),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
    ],
)
def test_a_name_is_text_to_show_and_never_a_path(given, shown):
    assert shown_name(given) == shown
