import json
import shutil
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from brandstudio.settings import Settings
from tests.conftest import BRIEF, PASSWORD

SHIPPED = Settings()

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))


@pytest.fixture
def brief_file(tmp_path):
    def write(**changes):
        path = tmp_path / "brief.yaml"
        path.write_text(yaml.safe_dump(BRIEF | changes, allow_unicode=True))
        return str(path)

    return write


def assert_one_readable_line(ended, *said):
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    [line] = ended.stderr.strip().splitlines()
    for part in said:
        assert part in line


def test_a_plan_is_printed_for_people_and_for_programs(brandstudio, brief_file):
    ended = brandstudio("plan", brief_file(), "--json")
    planned = json.loads(ended.stdout)
    assert set(planned["variants"][0]) >= {
        "index", "arm", "levels", "seed", "prompt", "negative_prompt", "width_px", "height_px",
        "fingerprint",
    }  # fmt: skip
    assert "4 variants, about" in brandstudio("plan", brief_file()).stdout


def test_planning_loads_no_torch(tmp_path, brief_file):
    script = (
        "import sys; from brandstudio.cli import main\n"
        f"try: main(['plan', {brief_file()!r}])\n"
        "finally: print('torch' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={"BRANDSTUDIO_DATA_DIR": str(tmp_path / "data"), "HOME": str(tmp_path)},
        check=False,
    )
    assert ended.stdout.strip().endswith("False")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_example_plans_as_it_is(brandstudio, path):
    ended = brandstudio("plan", str(path), "--json")
    assert ended.returncode == 0, ended.stderr
    assert 4 <= len(json.loads(ended.stdout)["variants"]) <= 8


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"brand": "nope"}, "There is no brand 'nope'"),
        ({"template": "nope"}, "There is no template 'nope'"),
        ({"axes": {"setting": ["moon"]}}, "axes.setting: 'moon' is not one of"),
        ({"answers": {"product": "can"}}, "answers.headline: Headline is required"),
        ({"answers": BRIEF["answers"] | {"headline": "<lora:x:9>"}}, "LoRA tags are not possible"),
        ({"answers": BRIEF["answers"] | {"headline": "{{7*7}}"}}, "template syntax"),
        ({"answers": BRIEF["answers"] | {"headline": "x" * 10_000_000}}, "is larger than"),
        ({"seeds_per_arm": 5000}, "10,000 variants; at most 64"),
    ],
    ids=["brand", "template", "level", "missing", "lora", "pattern", "10 MB", "too many"],
)
def test_a_mistake_in_a_brief_is_one_line_that_names_its_place(
    brandstudio, brief_file, changes, said
):
    assert_one_readable_line(brandstudio("plan", brief_file(**changes)), said)


def test_mistakes_on_the_command_line_are_one_line_too(brandstudio, tmp_path):
    assert_one_readable_line(brandstudio("plan", "missing.yaml"), "cannot be read")
    assert_one_readable_line(brandstudio("plan"), "--help")
    assert_one_readable_line(brandstudio("dance"), "dance")
    assert_one_readable_line(brandstudio("variants", "12"), "There is no run '12'")
    assert_one_readable_line(brandstudio("pack", "--run", "12", "-o", "x.zip"), "no run '12'")
    assert_one_readable_line(
        brandstudio("runs", BRANDSTUDIO_PORT="many"), "BRANDSTUDIO_PORT", "integer"
    )
    assert_one_readable_line(
        brandstudio("runs", BRANDSTUDIO_PRESETS_DIR=str(tmp_path / "none")), "does not exist"
    )


def test_a_taken_port_is_said_before_anything_starts(brandstudio):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        ended = brandstudio("serve", "--port", str(port))
    assert_one_readable_line(ended, f"127.0.0.1:{port}", "Address already in use", "--port 7861")


@pytest.mark.parametrize("public_url", ["", "http://studio.example"])
def test_the_network_is_not_served_without_tls(brandstudio, public_url):
    ended = brandstudio("serve", "--host", "0.0.0.0", BRANDSTUDIO_PUBLIC_URL=public_url)
    assert_one_readable_line(ended, "0.0.0.0:7860", "without TLS", "BRANDSTUDIO_PUBLIC_URL=https")


def test_presets_are_checked_and_a_typo_is_found(brandstudio):
    assert brandstudio("presets", "check").stdout.startswith("All good: 3 brands")


def test_presets_are_copied_to_be_changed_there(brandstudio, tmp_path):
    copied = brandstudio("presets", "copy", "mine")
    assert f"BRANDSTUDIO_PRESETS_DIR={tmp_path / 'mine' / 'presets'}" in copied.stdout
    settings = dict(line.strip().split("=") for line in copied.stdout.splitlines() if "=" in line)
    brand = tmp_path / "mine" / "presets" / "brands" / "voltra" / "brand.yaml"
    brand.write_text(brand.read_text().replace("name: Voltra\n", "name: Aurel\n"))
    assert brandstudio("presets", "check", **settings).stdout.startswith("All good: 3 brands")
    assert "Aurel" not in (SHIPPED.presets_dir / "brands" / "voltra" / "brand.yaml").read_text()
    example = str(tmp_path / "mine" / "examples" / "voltra-summer-hero.yaml")
    assert "variants, about" in brandstudio("plan", example, **settings).stdout


def test_presets_are_copied_over_nothing_that_is_there(brandstudio, tmp_path):
    (tmp_path / "mine").mkdir()
    assert_one_readable_line(brandstudio("presets", "copy", "mine"), "mine", "File exists")
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_lora_with_values_that_are_no_numbers_is_never_locked(brandstudio, tmp_path):
    presets, loras = tmp_path / "presets", tmp_path / "lora_weights"
    shutil.copytree(SHIPPED.presets_dir, presets)
    shutil.copytree(SHIPPED.lora_dir, loras)
    path = loras / "voltra" / "voltra.safetensors"
    content = bytearray(path.read_bytes())
    content[-2:] = b"\xc0\x7f"  # what is no number in bfloat16, and in the upper half of float32
    path.write_bytes(content)
    ended = brandstudio(
        "presets", "lock", "voltra",
        BRANDSTUDIO_PRESETS_DIR=str(presets), BRANDSTUDIO_LORA_DIR=str(loras),
    )  # fmt: skip
    assert_one_readable_line(ended, "voltra.safetensors", "not numbers")
    before = SHIPPED.presets_dir / "brands" / "voltra" / "brand.yaml"
    assert (presets / "brands" / "voltra" / "brand.yaml").read_text() == before.read_text()


def test_people_are_added_with_a_password_from_standard_input(brandstudio):
    assert brandstudio("users", "add", "rita", "--role", "reviewer", stdin=PASSWORD + "\n").stdout
    assert "rita" in brandstudio("users", "list").stdout
    assert "new password" in brandstudio("users", "password", "rita", stdin=PASSWORD * 2).stdout
    short = brandstudio("users", "add", "leo", "--role", "creator", stdin="short\n")
    assert_one_readable_line(short, "10 to 200 characters")
    odd = brandstudio("users", "add", "leo", "--role", "king", stdin=PASSWORD + "\n")
    assert_one_readable_line(odd, "king")


def test_an_empty_list_says_what_to_do_next(brandstudio):
    [command] = brandstudio("runs").stdout.split("Start one: brandstudio ")[1:]
    name, path = command.split()
    assert name == "run"
    assert Path(path) in EXAMPLES
    assert json.loads(brandstudio("runs", "--json").stdout) == {"runs": []}


def test_from_brief_to_pack_on_a_terminal_with_the_real_model(brandstudio, brief_file, tmp_path):
    brandstudio("users", "add", "rita", "--role", "reviewer", stdin=PASSWORD + "\n")
    drawn = brandstudio("run", brief_file(quality="draft", seeds_per_arm=1), "--json")
    assert drawn.returncode == 0, drawn.stderr
    assert "drawing: 100 %" in drawn.stderr
    made = json.loads(drawn.stdout)
    assert [variant["rank"] for variant in made["variants"]] == [1, 2]
    assert set(made["variants"][0]["scores"]) == {
        "clip", "aesthetic", "palette", "copy_space", "sharpness",
    }  # fmt: skip
    assert Path(made["variants"][0]["file"]).is_file()
    best, other = (str(variant["id"]) for variant in made["variants"])
    assert "approved" in brandstudio("review", "approve", best, "--as", "rita").stdout
    assert_one_readable_line(brandstudio("review", "reject", other, "--as", "rita"), "A reason")
    assert_one_readable_line(brandstudio("review", "approve", other, "--as", "eve"), "eve")
    target = tmp_path / "pack.zip"
    packed = brandstudio("pack", "--run", str(made["run"]), "-o", str(target))
    assert packed.returncode == 0, packed.stderr
    assert target.stat().st_size > 10_000
    sum_line = packed.stdout.splitlines()[-1]
    verified = brandstudio("verify", str(target), "--sha256", sum_line.removeprefix("SHA256: "))
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "each as it was written" in verified.stdout
    assert sum_line in verified.stdout.splitlines()
    target.write_bytes(
        target.read_bytes().replace(b'"verdict": "approve"', b'"verdict": "APPROVE"')
    )
    assert_one_readable_line(
        brandstudio("verify", str(target)), "is not what was built: manifest.json was changed"
    )


def test_what_is_no_pack_is_said_to_be_none_without_a_studio(brandstudio, tmp_path):
    (tmp_path / "other.zip").write_bytes(b"PK\5\6" + bytes(18))
    for name, said in (("other.zip", "SHA256SUMS is missing"), ("none.zip", "No such file")):
        assert_one_readable_line(brandstudio("verify", name), name, said)
    assert not (tmp_path / "data").exists()


def test_the_doctor_says_stop_and_how_to_mend_it(brandstudio, tmp_path):
    ended = brandstudio("doctor", BRANDSTUDIO_LORA_DIR=str(tmp_path / "none"))
    assert ended.returncode == 1
    assert (
        "stop     brand        'voltra': voltra/voltra.safetensors: file: does not" in ended.stdout
    )


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_the_doctor_says_what_a_cluster_lacks(brandstudio, tmp_path):
    ended = brandstudio("doctor", BRANDSTUDIO_ENGINE="ray://gpu-1.example:6379", HOME=str(tmp_path))
    assert ended.returncode == 1
    [said] = [line for line in ended.stdout.splitlines() if " engine " in line]
    assert said.startswith("stop")
    assert "No token for the Ray cluster is set. Make one with 'ray get-auth-token" in said


def test_the_doctor_finds_this_machine_fit(brandstudio):
    ended = brandstudio("doctor")
    assert ended.returncode == 0, ended.stdout
    assert all(line.split()[0] in {"ok", "warning"} for line in ended.stdout.splitlines())
