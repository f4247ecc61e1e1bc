"""Neither the studio nor the training runs what a file or a person brings along."""

import ast
from collections.abc import Iterator

from tests.source import PACKAGE, ROOT, Module, keywords_of, modules_in

TRAINING = [m for m in modules_in(ROOT / "house_model") if "tests" not in m.path.parts]
MODULES = (*modules_in(PACKAGE), *TRAINING)
# The trainer resumes from a file that it alone writes, and torch reads only tensors and numbers.
[TRAINER] = [m for m in TRAINING if str(m) == "house_model/training/loop.py"]
FORBIDDEN = {
    "torch.load", "pickle.load", "pickle.loads", "dill.load", "dill.loads", "joblib.load",
    "shelve.open", "marshal.load", "marshal.loads", "yaml.load", "yaml.unsafe_load",
    "yaml.full_load", "yaml.load_all", "eval", "exec", "compile", "__import__", "os.system",
    "os.popen", "torch.hub.load", "torch.jit.load", "torch.package.PackageImporter",
    "pandas.read_pickle", "yaml.unsafe_load_all", "yaml.full_load_all",
}  # fmt: skip
METHODS = {"from_single_file", "load_textual_inversion", "load_ip_adapter"}
CARRIERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def last(name: str) -> str:
    return name.rpartition(".")[2]


def test_nothing_is_unpickled_or_evaluated():
    found = [
        f"{module}: {name}"
        for module in MODULES
        for name, _ in module.calls
        if name in FORBIDDEN or last(name) in METHODS
    ]
    assert found == [f"{TRAINER}: torch.load"]


def test_no_library_that_runs_what_it_reads_is_imported():
    found = [
        f"{module}: {name}"
        for module in MODULES
        for name in module.imports
        if name in FORBIDDEN or CARRIERS & {name.partition(".")[0], last(name)}
    ]
    assert found == []


def calls_with(keyword: str) -> list[str]:
    """Where a call names that argument."""
    return [
        f"{module}: {name}"
        for module in MODULES
        for name, call in module.calls
        if keyword in keywords_of(call)
    ]


def test_no_command_goes_through_a_shell():
    assert calls_with("shell") == []


def test_arrays_are_read_without_pickles():
    """NumPy refuses them unless it is told otherwise."""
    assert calls_with("allow_pickle") == []


def test_the_trainer_reads_nothing_but_tensors_and_numbers():
    [load] = [call for name, call in TRAINER.calls if name == "torch.load"]
    assert keywords_of(load)["weights_only"] == "True"


def test_no_model_brings_code_along():
    assert [str(module) for module in MODULES if "trust_remote_code" in module.text] == []


def test_every_model_is_read_from_safetensors():
    loaders = [
        (module, call)
        for module in MODULES
        for name, call in module.calls
        if last(name) == "from_pretrained" and "Tokenizer" not in name
    ]
    assert loaders
    unsafe = [
        f"{module}: line {call.lineno}"
        for module, call in loaders
        if arguments_of(module, call).get("use_safetensors") != "True"
    ]
    assert unsafe == []


def arguments_of(module: Module, call: ast.Call) -> dict[str, str]:
    """What a call names, and what the dictionaries hold that it spreads."""
    spread = [ast.unparse(word.value) for word in call.keywords if word.arg is None]
    return keywords_of(call) | {k: v for name in spread for k, v in entries_of(module, name)}


def entries_of(module: Module, name: str) -> Iterator[tuple[str, str]]:
    """What the dictionary of that name is made of where the file assigns it."""
    for node in module.nodes:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=target)], value=ast.Dict() as value)
                | ast.AnnAssign(target=ast.Name(id=target), value=ast.Dict() as value)
            ):
                if target == name:
                    pairs = zip(value.keys, value.values, strict=True)
                    yield from ((ast.literal_eval(k), ast.unparse(v)) for k, v in pairs if k)
            case _:
                pass
