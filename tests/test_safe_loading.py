"""Neither the studio nor the training runs what a file or a person brings along."""

import ast
from pathlib import Path

import pytest

from tests.test_architecture import MODULES as STUDIO
from tests.test_architecture import PACKAGE

ROOT = PACKAGE.parent
TRAINING = [path for path in (ROOT / "house_model").rglob("*.py") if "tests" not in path.parts]
MODULES = sorted([*STUDIO, *TRAINING])
# The trainer resumes from a file that it alone writes, and torch reads only tensors and numbers.
TRAINER = ROOT / "house_model" / "training" / "loop.py"
FORBIDDEN = {
    "torch.load", "pickle.load", "pickle.loads", "dill.load", "dill.loads", "joblib.load",
    "shelve.open", "marshal.load", "marshal.loads", "yaml.load", "yaml.unsafe_load",
    "yaml.full_load", "yaml.load_all", "eval", "exec", "compile", "__import__", "os.system",
    "os.popen", "torch.hub.load", "torch.jit.load", "torch.package.PackageImporter",
    "pandas.read_pickle", "yaml.unsafe_load_all", "yaml.full_load_all",
}  # fmt: skip
METHODS = {"from_single_file", "load_textual_inversion", "load_ip_adapter"}
CARRIERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def calls_of(path: Path) -> list[tuple[str, ast.Call]]:
    return [
        (ast.unparse(node.func), node)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]


def last(name: str) -> str:
    return name.rpartition(".")[2]


def keywords_of(call: ast.Call) -> dict[str, str]:
    return {word.arg: ast.unparse(word.value) for word in call.keywords if word.arg}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_unpickled_or_evaluated(path: Path):
    found = [name for name, _ in calls_of(path) if name in FORBIDDEN or last(name) in METHODS]
    assert found == (["torch.load"] if path == TRAINER else [])
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in ([*node.names, ast.alias(getattr(node, "module", None) or "")])
    }
    assert imported & CARRIERS == set()
    renamed = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert renamed & FORBIDDEN == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_command_goes_through_a_shell(path: Path):
    assert [name for name, call in calls_of(path) if "shell" in keywords_of(call)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_arrays_are_read_without_pickles(path: Path):
    """NumPy refuses them unless it is told otherwise."""
    assert [name for name, call in calls_of(path) if "allow_pickle" in keywords_of(call)] == []


def test_the_trainer_reads_nothing_but_tensors_and_numbers():
    [load] = [call for name, call in calls_of(TRAINER) if name == "torch.load"]
    assert keywords_of(load)["weights_only"] == "True"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_model_brings_code_along_and_every_one_is_read_from_safetensors(path: Path):
    assert "trust_remote_code" not in path.read_text()
    for name, call in calls_of(path):
        if last(name) != "from_pretrained" or "Tokenizer" in name:
            continue
        spread = [ast.unparse(word.value) for word in call.keywords if word.arg is None]
        said = keywords_of(call) | {
            key: value for word in spread for key, value in told(path, word)
        }
        assert said.get("use_safetensors") == "True", f"{path.name}: {name}"


def told(path: Path, name: str) -> list[tuple[str, str]]:
    """What the dictionary of that name is made of where the file assigns it."""
    return [
        (ast.unparse(key).strip("'"), ast.unparse(value))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
        if isinstance(node.value, ast.Dict)
        for key, value in zip(node.value.keys, node.value.values, strict=True)
        if key is not None
    ]
