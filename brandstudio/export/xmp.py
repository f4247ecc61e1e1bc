"""The XMP packet of a file: title, rights, and the digital source type of generated media."""

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

# IPTC's term for a picture made by a model trained on sampled content. It also stands on renditions
# with typeset text: the whole picture is generated, and setting type on it changes nothing about
# that. 'compositeWithTrainedAlgorithmicMedia' says that something else was edited or completed by a
# model, and would play down what the picture is.
GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
TOOL = "BrandStudio"

_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmp:CreatorTool={tool}
    photoshop:Credit={credit}
    Iptc4xmpExt:DigitalSourceType={source_type}>
   <dc:creator><rdf:Seq><rdf:li>{creator}</rdf:li></rdf:Seq></dc:creator>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{rights}</rdf:li></rdf:Alt></dc:rights>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


@dataclass(frozen=True, slots=True)
class Credits:
    """Who made a file, what it is called, and who holds the rights."""

    creator: str
    title: str
    rights: str


def packet(credits_: Credits) -> bytes:
    """The XMP packet as UTF-8."""
    return _PACKET.format(
        tool=quoteattr(TOOL),
        credit=quoteattr(credits_.creator),
        source_type=quoteattr(GENERATED),
        creator=escape(credits_.creator),
        title=escape(credits_.title),
        rights=escape(credits_.rights),
    ).encode()
