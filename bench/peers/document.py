"""Puts generated sections into a document, between `<!-- measured NAME -->` and `<!-- end -->`."""
import re

import picture
import report
from contenders import Failure

PICTURE = "images/performance.svg"


def updated(text, sections):
    """The text with each section's body, by name, in its place. A section without a place is a Failure."""
    for name, body in sections.items():
        place = re.compile(rf"(<!-- measured {re.escape(name)} -->\n).*?(<!-- end -->\n)", re.DOTALL)
        if not place.search(text):
            raise Failure(f"the document has no place for {name}: <!-- measured {name} -->")
        text = place.sub(lambda match: f"{match[1]}\n{body}\n{match[2]}", text, count=1)
    return text


def update(path, results):
    """The document's sections, and the picture beside it, as the results have them."""
    path.write_text(updated(path.read_text(), report.sections(results)))
    drawn = picture.svg(results["steps"])
    if drawn:
        (path.parent / PICTURE).parent.mkdir(exist_ok=True)
        (path.parent / PICTURE).write_text(drawn)
