"""The commands that close the loop: second-coder, suggest, codebook-diff."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oscb_nlp.cli.coding import Sample, reading_order
from oscb_nlp.cli.options import Folder, Grade, ModelOption, Quiet
from oscb_nlp.cli.terminal import SOME_FAILED, app, plain, progress, say, stderr

if TYPE_CHECKING:
    from oscb_nlp.codebook import Codebook
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.second_coder import SecondCoding

__all__ = ["codebook_diff", "second_coder", "suggest"]


class Which(StrEnum):
    """Which passages a second coder gets: those of a sheet's samples, or what people read."""

    random = "random"
    positives = "positives"
    uncertain = "uncertain"
    recall = "recall"
    doubt = "doubt"
    read = "read"


@app.command("second-coder")
def second_coder(
    folder: Folder,
    endpoint: Annotated[
        str,
        typer.Option("--endpoint", help="OpenAI-compatible address: http://127.0.0.1:11434/v1"),
    ],
    model: Annotated[str, typer.Option("--model", help="The language model's name there")],
    out: Annotated[Path, typer.Option("--out", help="CSV file for the codings")],
    sample: Annotated[
        Which,
        typer.Option("--sample", help="As `sheet` draws them, or read (what people have coded)"),
    ] = Which.random,
    size: Annotated[int | None, typer.Option("--size", min=1, help="Passages at the most")] = None,
    theme: Annotated[
        list[str] | None, typer.Option("--theme", help="Only this theme; may be repeated")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="What chance starts from")] = 0,
    may_leave: Annotated[
        bool,
        typer.Option(
            "--text-may-leave-this-machine",
            help="Allow an address on another machine: the passages are sent there",
        ),
    ] = False,
    key_from: Annotated[
        str, typer.Option("--key-from", help="The environment variable that holds the key")
    ] = "OSCB_NLP_LLM_KEY",
    price_in: Annotated[
        float, typer.Option("--price-in", min=0, help="Price of a million tokens in")
    ] = 0.0,
    price_out: Annotated[
        float, typer.Option("--price-out", min=0, help="Price of a million tokens out")
    ] = 0.0,
    cache: Annotated[
        Path | None,
        typer.Option("--cache", help="Folder for the answers; default: in the results' folder"),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, help="Seconds an answer may take")
    ] = 120.0,
    quiet: Quiet = False,
) -> None:
    """Let a language model code passages too, to be compared with people and with the model.

    Example: oscb-nlp second-coder results/ --endpoint http://127.0.0.1:11434/v1 --model NAME
    --out codings.csv
    """
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.endpoint import Endpoint, is_loopback
    from oscb_nlp.files import write_whole
    from oscb_nlp.second_coder import code, write_codings
    from oscb_nlp.tables import cell

    asked = Endpoint(endpoint, model, os.environ.get(key_from, ""), may_leave, timeout)
    tagged = TaggedCorpus.load(folder)
    if size is None and sample in (Which.random, Which.uncertain):
        size = 200
    passages = tagged.passages[
        tagged.passages["passage_id"].isin(_chosen(tagged, sample, size, theme or [], seed))
    ]
    if not is_loopback(endpoint):
        stderr.print(
            f"{len(passages)} passages leave this machine for {endpoint}, contact details taken out",
            markup=False,
        )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with progress("Asking", len(passages), quiet) as advance:
        found = code(
            passages, tagged.codebook, asked, cache or folder / "second-coder", now, advance
        )
    write_codings(out, found.codings)
    listed = out.with_suffix(".conflicts.csv")
    safe = found.conflicts.map(cell)
    write_whole(listed, lambda target: safe.to_csv(target, index=False, lineterminator="\n"))
    _report(tagged, found, len(passages), (price_in, price_out))
    say(f"Codings: {out}; {len(found.conflicts)} conflicts: {listed}", quiet)
    raise typer.Exit(SOME_FAILED if len(found.conflicts) else 0)


@app.command()
def suggest(
    folder: Folder,
    candidates: Annotated[
        int | None, typer.Option("--candidates", min=2, help="How many groups to look for")
    ] = None,
    examples: Annotated[int, typer.Option("--examples", min=1, help="Passages quoted of each")] = 3,
    seed: Annotated[int, typer.Option("--seed", help="What chance starts from")] = 0,
    quiet: Quiet = False,
) -> None:
    """Group the passages without a theme, as candidates for new themes that a person judges.

    Example: oscb-nlp suggest results/
    """
    import json

    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.files import writing
    from oscb_nlp.suggesting import SUGGESTION_SCHEMA
    from oscb_nlp.suggesting import suggest as group
    from oscb_nlp.tables import write_table

    found = group(TaggedCorpus.load(folder), candidates, examples, seed)
    with writing(folder):
        write_table(found, SUGGESTION_SCHEMA, folder, "suggestions")
    for row in found.itertuples():
        near = f"nearest theme {row.nearest_theme}, {row.nearest_cosine:.2f}"
        print(f"## {row.candidate}. {row.terms}\n")
        print(f"{row.passages} passages of {row.reviews} reviews, {row.years}; {near}\n")
        for example in json.loads(row.examples):
            print(plain(f"- {example['text']} ({example['citation']})"))
        print()
    say(f"{len(found)} candidates: {folder / 'suggestions.csv'}", quiet)


@app.command("codebook-diff")
def codebook_diff(
    old: Annotated[Path, typer.Argument(help="A codebook file, or a folder coded with one")],
    new: Annotated[Path, typer.Argument(help="The codebook file after the change")],
    results: Annotated[
        Path | None, typer.Option("--results", help="Show which passages of this folder differ")
    ] = None,
    model: ModelOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="CSV file for the passages that differ")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Show what a change of the codebook does: to its themes, and to what was coded.

    Example: oscb-nlp codebook-diff results/ ours.toml --results results/ --out differ.csv
    """
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.errors import SettingError
    from oscb_nlp.files import write_whole, writing
    from oscb_nlp.printing import table_as_markdown
    from oscb_nlp.revising import changes, coded_differently, without_theme
    from oscb_nlp.tables import cell

    if out and not results:
        raise SettingError("--out is for passages that differ: give their folder with --results")
    before, after = _codebook_of(old), _codebook_of(new)
    found = changes(before, after)
    print(table_as_markdown(found) if len(found) else "The codebooks are the same.")
    if results is None:
        return
    tagged = TaggedCorpus.load(results)
    differing = coded_differently(tagged, before, after, model)
    counts = differing.groupby(["theme", "change"]).size().unstack(fill_value=0).reset_index()
    print(f"\n{differing['passage_id'].nunique()} of {len(tagged.passages)} passages differ\n")
    if len(counts):
        print(table_as_markdown(counts))
    for row in without_theme(tagged, after).itertuples():
        say(f"People gave {row.theme} to {row.passages} passages; it is not in {new}", False)
    if out:
        with writing(out.parent):
            safe = differing.map(cell)
            write_whole(out, lambda path: safe.to_csv(path, index=False, lineterminator="\n"))
        say(f"Passages that differ: {out}", quiet)


def _codebook_of(path: Path) -> Codebook:
    from oscb_nlp.codebook import load_codebook
    from oscb_nlp.corpus import TaggedCorpus

    return TaggedCorpus.load(path).codebook if path.is_dir() else load_codebook(path)


def _chosen(
    tagged: TaggedCorpus, sample: Which, size: int | None, themes: list[str], seed: int
) -> list[str]:
    from oscb_nlp.sampling import draw, read_by_people

    if sample is Which.read:
        read = read_by_people(tagged)
        return [passage for passage in tagged.passages["passage_id"] if passage in read][:size]
    order, _tags = reading_order(tagged, Sample(sample.value), themes, None, Grade.auto)
    return list(draw(tagged, sample.value, size, themes, seed, order)["passage_id"])


def _report(
    tagged: TaggedCorpus, found: SecondCoding, passages: int, prices: tuple[float, float]
) -> None:
    """Print what was coded, what it cost, and how far it agrees with people and with the model."""
    from oscb_nlp.printing import table_as_markdown
    from oscb_nlp.second_coder import compared

    usage = found.usage
    print(
        f"{found.codings['passage_id'].nunique()} of {passages} passages coded, "
        f"{usage['from_cache']} of them answered before; {usage['tokens_in']} tokens in, "
        f"{usage['tokens_out']} out (now {usage['new_tokens_in']} and {usage['new_tokens_out']})"
    )
    if any(prices):
        print(
            f"Cost by the prices given: {found.cost(*prices):.4f}, now {found.cost(*prices, new=True):.4f}"
        )
    print("\n" + table_as_markdown(compared(tagged, found.codings).round(2)))
