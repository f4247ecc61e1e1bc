"""A PDF of pictures, page after page, so that no more than one of them is ever held unpacked."""

import io
from datetime import UTC, datetime

from PIL import Image

from brandstudio.export.xmp import TOOL

_CATALOG, _PAGES, _ABOUT, _FIRST = 1, 2, 3, 4
_PER_PAGE = 3
_POINTS = 72.0


class PicturePdf:
    """Pages of one picture each; the same pages and facts give the same bytes."""

    def __init__(self, dpi: float, quality: int) -> None:
        self._dpi, self._quality = dpi, quality
        self._pictures: list[tuple[tuple[int, int], bytes]] = []

    def add(self, page: Image.Image) -> None:
        """Put an RGB picture on a page of its own size."""
        packed = io.BytesIO()
        page.save(packed, "JPEG", quality=self._quality)
        self._pictures.append((page.size, packed.getvalue()))

    def written(self, title: str, author: str, at: datetime) -> bytes:
        """The whole file."""
        count = len(self._pictures)
        kids = " ".join(f"{_FIRST + _PER_PAGE * number} 0 R" for number in range(count))
        objects = [
            f"<< /Type /Catalog /Pages {_PAGES} 0 R >>".encode(),
            f"<< /Type /Pages /Count {count} /Kids [{kids}] >>".encode(),
            _about(title, author, at),
        ]
        for number, (size, picture) in enumerate(self._pictures):
            objects += self._page(_FIRST + _PER_PAGE * number, size, picture)
        return _file(objects)

    def _page(self, number: int, size: tuple[int, int], picture: bytes) -> list[bytes]:
        """The three PDF objects: the page, its picture, the content stream that places it."""
        width, height = (f"{side * _POINTS / self._dpi:.3f}" for side in size)
        page = (
            f"<< /Type /Page /Parent {_PAGES} 0 R /MediaBox [0 0 {width} {height}] "
            f"/Resources << /XObject << /P {number + 1} 0 R >> >> /Contents {number + 2} 0 R >>"
        )
        kind = (
            f"/Type /XObject /Subtype /Image /Width {size[0]} /Height {size[1]} "
            "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
        )
        put = f"q {width} 0 0 {height} 0 0 cm /P Do Q".encode()
        return [page.encode(), _stream(kind, picture), _stream("", put)]


def _about(title: str, author: str, at: datetime) -> bytes:
    moment = f"(D:{at.astimezone(UTC):%Y%m%d%H%M%S}Z)"
    texts = {"Title": title, "Author": author, "Producer": TOOL}
    told = " ".join(f"/{name} {_text(text)}" for name, text in texts.items())
    return f"<< {told} /CreationDate {moment} /ModDate {moment} >>".encode()


def _text(text: str) -> str:
    """A PDF string in hexadecimal, which needs no escapes."""
    return f"<FEFF{text.encode('utf-16-be').hex()}>"


def _stream(kind: str, content: bytes) -> bytes:
    head = f"<< {kind} /Length {len(content)} >>\nstream\n".encode()
    return head + content + b"\nendstream"


def _file(objects: list[bytes]) -> bytes:
    """The objects in order, then the cross-reference table."""
    buffer = io.BytesIO()
    buffer.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places: list[int] = []
    for number, content in enumerate(objects, start=1):
        places.append(buffer.tell())
        buffer.write(f"{number} 0 obj\n".encode() + content + b"\nendobj\n")
    start, count = buffer.tell(), len(objects) + 1
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    buffer.write(f"xref\n0 {count}\n0000000000 65535 f \n{table}".encode())
    trailer = f"<< /Size {count} /Root {_CATALOG} 0 R /Info {_ABOUT} 0 R >>"
    buffer.write(f"trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n".encode())
    return buffer.getvalue()
