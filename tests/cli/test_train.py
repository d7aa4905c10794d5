"""``s2m train``: recipes of both networks from the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from safetensors.torch import load_file, save_file

from data_miniatures import shard_miniature
from s2m.cli import main
from s2m.data.layouts import open_set
from s2m.engine.model_cards import read_card
from s2m.networks.checkpoints import save_weights
from s2m.networks.original.deeplabv3plus import deeplabv3plus_resnet50

pytestmark = [pytest.mark.slow, pytest.mark.torch]

ORIGINAL = """
architecture = "deeplabv3plus_resnet50"
[data]
crop_size = 32
workers = 0
[optimiser]
batch_size = 2
iterations = 1
"""

COMPACT = """
[data]
sets = {"lvis" = 1, "static/fss" = 1, "coco/instances.json" = 1, "pairs/train/shapes" = 1, "shards" = 1}
crop_size = 64
workers = 0
distractor = 0
[rounds]
sessions = 1
count = [1, 1]
[optimiser]
batch_size = 2
iterations = 2
warmup = 1
decay = 1
"""


def train(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["train", *map(str, arguments), "--device", "cpu"])


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "original.toml"
    path.write_text(ORIGINAL)
    return path


@pytest.fixture
def shards(pairs_root: Path, tmp_path: Path) -> Path:
    """The set "more" in shards."""
    return shard_miniature(open_set(pairs_root / "train" / "more"), tmp_path / "shards")


@pytest.mark.parametrize("recipe_text", [ORIGINAL, COMPACT], ids=["original", "compact"])
def test_sets_at_addresses_need_no_data_folder(
    recipe_text: str, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = [line for line in recipe_text.splitlines() if not line.startswith("sets")]
    table = f'[data]\nshard_copies = "copies"\nsets = {{"pipe:cat {shards}/{{}}" = 1}}'
    (tmp_path / "far.toml").write_text("\n".join(kept).replace("[data]", table))
    result = train("far.toml", "--id", "NULL")
    assert result.exit_code == 0, result.output
    assert list((tmp_path / "copies").glob("*.tar"))


def test_the_original_trains_on_the_published_sets_from_a_deeplab_checkpoint(
    recipe: Path, lvis_root: Path, static_root: Path, tmp_path: Path
) -> None:
    state = deeplabv3plus_resnet50().state_dict()
    state["backbone.conv1.weight"] = torch.randn(64, 3, 7, 7) * 0.05
    torch.save({"model_state": state}, tmp_path / "voc.pth")
    roots = ("--lvis-root", lvis_root, "--static-root", static_root, "--runs", tmp_path / "runs")
    result = train("--config", recipe, "--id", "s2m", "--load-deeplab", tmp_path / "voc.pth", *roots)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "runs" / "s2m" / "weights.pth").is_file()
    assert f"starting at step 0 from {tmp_path / 'voc.pth'}" in result.output
    again = train(recipe, "--id", "s2m", *roots)
    assert again.exit_code == 10
    assert "--resume" in again.output
    assert train(recipe, "--id", "s2m", "--resume", *roots).exit_code == 0


def test_the_same_command_starts_a_run_and_goes_on_with_it(
    pairs_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("recipe.toml").write_text(ORIGINAL.replace("crop_size", 'sets = {"train/shapes" = 1}\ncrop_size'))
    command = ("recipe.toml", "--data", pairs_root, "--id", "mine", "--resume", "--load-network", "start.pth")
    refused = train(*command)
    assert refused.exit_code == 6
    assert "start.pth" in refused.output
    save_weights(deeplabv3plus_resnet50(), Path("start.pth"))
    started = train(*command)
    assert started.exit_code == 0, started.output
    assert "runs/mine/checkpoint.pt is not there yet; starting at step 0 from start.pth" in started.output
    Path("start.pth").unlink()
    resumed = train(*command)
    assert resumed.exit_code == 0, resumed.output
    assert "going on from step 1 of runs/mine/checkpoint.pt" in resumed.output


def test_missing_published_sets_are_an_error_or_named(
    recipe: Path, lvis_root: Path, static_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.rmtree(static_root / "ecssd")
    roots = ("--lvis-root", lvis_root, "--static-root", static_root, "--id", "NULL")
    refused = train(recipe, *roots)
    assert refused.exit_code == 9
    assert "ecssd/X.jpg beside X.png" in refused.output
    allowed = train(recipe, *roots, "--allow-missing", "--measure", "1")
    assert allowed.exit_code == 0, allowed.output
    assert "going on without" in allowed.output
    assert "images/s" in allowed.output
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("given", "absent"), [("static", "--lvis-root"), ("lvis", "--static-root")])
@pytest.mark.usefixtures("lvis_root", "static_root")
def test_half_of_the_published_mixture_is_an_error_or_named(
    recipe: Path, tmp_path: Path, given: str, absent: str
) -> None:
    root = (f"--{given}-root", tmp_path / given, "--id", "NULL")
    refused = train(recipe, *root)
    assert refused.exit_code == 9
    assert f"{absent} is not given" in refused.output
    allowed = train(recipe, *root, "--allow-missing")
    assert allowed.exit_code == 0, allowed.output
    assert f"{absent} is not given" in allowed.output


@pytest.mark.usefixtures("lvis_root", "static_root", "coco_file", "shards")
def test_a_checkpoint_of_the_other_network_is_refused_in_one_line(
    recipe: Path, lvis_root: Path, static_root: Path, tmp_path: Path
) -> None:
    runs = ("--id", "mine", "--runs", tmp_path / "runs")
    result = train(recipe, "--lvis-root", lvis_root, "--static-root", static_root, *runs)
    assert result.exit_code == 0, result.output
    (tmp_path / "compact.toml").write_text(COMPACT)
    resumed = train(tmp_path / "compact.toml", "--data", tmp_path, "--resume", *runs)
    assert resumed.exit_code == 6
    assert "another network than CompactNetwork" in resumed.output
    checkpoint = tmp_path / "runs" / "mine" / "checkpoint.pt"
    command = ["export-model", str(checkpoint), str(tmp_path / "model"), "--version", "1"]
    exported = CliRunner().invoke(main, command)
    assert exported.exit_code == 6
    assert "weights.pth instead" in exported.output
    content = torch.load(checkpoint, weights_only=True)
    del content["average"]
    torch.save(content, checkpoint)
    damaged = CliRunner().invoke(main, command)
    assert damaged.exit_code == 6
    assert "damaged checkpoint" in damaged.output


@pytest.mark.usefixtures("lvis_root", "static_root", "coco_file", "shards")
def test_the_compact_network_trains_on_every_layout_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compact.toml").write_text(COMPACT)
    result = train("compact.toml", "--data", tmp_path, "--id", "NULL")
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "runs").exists()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.usefixtures("lvis_root", "static_root", "coco_file", "shards")
def test_a_compact_checkpoint_is_exported_with_a_flip_without_untouched_components_and_unmixed_unless_told_otherwise(
    tmp_path: Path,
) -> None:
    (tmp_path / "compact.toml").write_text(COMPACT)
    assert train(tmp_path / "compact.toml", "--data", tmp_path, "--id", "mine", "--runs", tmp_path).exit_code == 0
    command = ["export-model", str(tmp_path / "mine" / "checkpoint.pt"), str(tmp_path / "model"), "--version", "1"]
    own, doubled, mixed = (tmp_path / f"{name}.safetensors" for name in ("own", "doubled", "mixed"))

    def export(*options: object) -> tuple[int, int, bool]:
        exported = CliRunner().invoke(main, [*command, *map(str, options)])
        assert exported.exit_code == 0, exported.output
        card = read_card(tmp_path / "model" / "model.json")
        return card.working_size, card.flip_size, card.drop_untouched_components

    assert export("--weights", own) == (512, 448, True)
    weights = load_file(own)
    save_file({name: 2 * value for name, value in weights.items()}, doubled)
    options = ("--flip-size", 0, "--keep-untouched", "--weights", mixed, "--mix", doubled, 0.25)
    assert export(*options) == (512, 0, False)
    for name, value in load_file(mixed).items():
        if value.is_floating_point():
            torch.testing.assert_close(value, 1.25 * weights[name], rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("recipe_name", ["compact.toml", "pairs.toml"])
@pytest.mark.usefixtures("lvis_root", "static_root", "coco_file", "shards")
def test_the_loader_is_measured_by_number_of_workers_for_both_networks(
    recipe_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compact.toml").write_text(COMPACT)
    (tmp_path / "pairs.toml").write_text(ORIGINAL.replace("crop_size", 'sets = {"pairs/train/shapes" = 1}\ncrop_size'))
    result = train(recipe_name, "--data", tmp_path, "--id", "mine", "--measure", 1, "--workers", 0, "--workers", 2)
    assert result.exit_code == 0, result.output
    step, none, two = result.output.splitlines()
    assert step.startswith("step alone: ")
    assert none.startswith("loader alone, 0 workers: ")
    assert two.startswith("loader alone, 2 workers: ")
    assert "loader / step" in two
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name one recipe"),
        (("absent.toml",), "absent.toml does not exist"),
        (("original.toml", "--load-deeplab", "v.pth", "--load-network", "w.pth"), "exclude each other"),
        (("original.toml", "--resume"), "leaves no checkpoint"),
        (("original.toml",), "nothing to train on"),
        (("compact.toml",), "--data"),
        (("compact.toml", "--data", ".", "--load-deeplab", "w.pth"), "belong to recipes of the original"),
        (("own.toml",), "names sets of its own"),
        (("wrong.toml",), "optimiser.batch"),
        (("original.toml", "--workers", "2"), "belongs to --measure"),
    ],
)
@pytest.mark.usefixtures("recipe")
def test_mistakes_are_explained(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compact.toml").write_text(COMPACT)
    (tmp_path / "own.toml").write_text(ORIGINAL.replace("crop_size", 'sets = {"a" = 1}\ncrop_size'))
    (tmp_path / "wrong.toml").write_text(ORIGINAL.replace("batch_size", "batch"))
    result = train(*arguments, "--id", "NULL")
    assert result.exit_code == 10 or "nothing to train on" in words
    assert words in result.output


@pytest.mark.parametrize("root", ["nowhere", "a-file"])
def test_a_data_folder_that_is_missing_is_one_line(recipe: Path, tmp_path: Path, root: str) -> None:
    (tmp_path / "a-file").touch()

    result = train(recipe, "--id", "NULL", "--data", tmp_path / root)

    assert result.exit_code == 9, result.output
    assert "is no folder" in result.output
