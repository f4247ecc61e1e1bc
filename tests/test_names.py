"""Two public classes of the product never share a name."""

import ast
from collections import defaultdict
from pathlib import Path

import brandstudio

ROOT = Path(brandstudio.__file__).parent


def test_no_two_public_classes_share_a_name():
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(f"{file.relative_to(ROOT)}:{node.lineno}")
    shared = {name: places for name, places in homes.items() if len(places) > 1}
    assert shared == {}
