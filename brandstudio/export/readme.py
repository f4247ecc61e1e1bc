"""What is in a pack, for whoever opens it and has never seen the studio."""

from brandstudio.export.content import PackContent
from brandstudio.export.verify import SUMS

_TEXT = """{title}
{brand}, as approved on {day}

Each folder holds finished files for one placement, ready to upload.
contact-sheet.pdf   all of them at a glance, and who approved what
originals/          the approved images themselves, without text and logo
manifest.csv        one line for each file, for a spreadsheet
manifest.json       the same and more, for programs
licenses/           the licence of the typeface

The manifests and the contact sheet tell how the images were made. They are for
the people who work on the campaign; do not publish them.

Has anything been changed on the way? Unpack everything and, in its folder:
  macOS:  shasum -a 256 -c {sums}
  Linux:  sha256sum -c {sums}
or, with BrandStudio and without unpacking:  brandstudio verify PACK.zip
The checksum of the whole ZIP is shown where the pack was built; only that one
tells this pack from another that somebody made anew.
"""


def readme(content: PackContent) -> bytes:
    """Plain text with line ends that every editor shows."""
    day = f"{content.as_of:%d} {content.as_of:%B %Y}".lstrip("0")
    text = _TEXT.format(title=content.title, brand=content.brand.name, day=day, sums=SUMS)
    return text.replace("\n", "\r\n").encode()
